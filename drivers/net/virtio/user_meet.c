/* SPDX-License-Identifier: BSD-3-Clause */
/* A peer is met: greeted, told of the rings there may be, and judged by what is in force. */
#include "user.h"

#include <errno.h>

/* A back end gets a queue ready when it first hears of it, and of all of them before it is told the features. */
static int
announce_rings(struct virtio_user *user)
{
	unsigned n = user->nb_queues < 2 * user->peer.max_pairs ? user->nb_queues
								: 2 * user->peer.max_pairs;
	int ret = 0;

	for (unsigned i = 0; i < n && ret == 0; i++)
		ret = user_peer_order_fd(&user->peer, VHOST_USER_SET_VRING_CALL, i,
					 user->queues[i].call_fd);
	return ret;
}

/* What is in force cannot be less with the next peer: queues have been made for it. */
static int
check_features(struct virtio_user *user, uint64_t in_force)
{
	uint64_t missing = in_force & ~user_features(user);

	if (missing == 0)
		return 0;
	return plx_why(&user->peer.why, -ENOTSUP,
		       "the back end lacks the features %#llx, which are in force: "
		       "stop the port and make it anew to do without",
		       (unsigned long long)missing);
}

static int
check_memory(struct virtio_user *user)
{
	if (user->memory.n <= user->peer.max_regions)
		return 0;
	return plx_why(
		&user->peer.why, -ENOSPC,
		"the back end maps %u regions of memory, and %u are needed: have fewer pools",
		user->peer.max_regions, user->memory.n);
}

int
user_meet(struct virtio_user *user, int sock, uint64_t in_force, struct plx_why *why)
{
	int ret;

	pthread_mutex_lock(&user->lock);
	ret = user_peer_greet(&user->peer, sock, (unsigned)user->args.queues);
	if (ret == 0)
		ret = announce_rings(user);
	if (ret == 0)
		ret = check_features(user, in_force);
	if (ret == 0)
		ret = check_memory(user);
	if (ret == -EREMOTEIO)
		plx_why(&user->peer.why, ret, "the back end refuses a ring");
	if (ret != 0) {
		plx_why(why, ret, "%s: %s", user->args.path, user->peer.why.text);
		user_peer_leave(&user->peer);
	}
	pthread_mutex_unlock(&user->lock);
	return ret;
}
