/* SPDX-License-Identifier: BSD-3-Clause */
/* One message and its answer, and the greeting. See user.h. */
#include "plx_clock.h"
#include "plx_unixsock.h"
#include "user.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define U64_LEN	  sizeof(uint64_t)
#define STATE_LEN sizeof(struct vhost_user_state)
#define NS_PER_MS 1000000ull

static const char *
name_of(uint32_t request)
{
	const char *name = vhost_user_name(request);

	return name != NULL ? name : "request";
}

/* The conversation is over: whoever waits for the end of the socket sees it. */
static int
give_up(struct user_peer *peer, int err)
{
	shutdown(peer->sock, SHUT_RDWR);
	return err;
}

static int
send_message(struct user_peer *peer, const struct vhost_user_msg *msg)
{
	int ret;

	if (peer->sock < 0)
		return -ENOTCONN;
	if (peer->why.text[0] != '\0')
		return -ESHUTDOWN;
	ret = vhost_user_send(peer->sock, msg, peer->reply_ms);
	if (ret == 0)
		return 0;
	/* Programs that end together do so in any order: that is no failure of the message. */
	if (ret == -EPIPE || ret == -ECONNRESET)
		plx_why(&peer->why, ret, "the back end has hung up");
	else
		plx_why(&peer->why, ret, "%s could not be sent: %s", name_of(msg->head.request),
			strerror(-ret));
	return give_up(peer, ret);
}

static int
check_reply(const struct vhost_user_msg *reply, uint32_t request, uint32_t size,
	    struct plx_why *why)
{
	const struct vhost_user_head *head = &reply->head;

	if (reply->nb_fds > 0)
		return plx_why(why, -EPROTO, "%s was answered with %u file descriptors",
			       name_of(request), reply->nb_fds);
	if (head->request != request)
		return plx_why(why, -EPROTO, "%s (%u) was answered with message %u",
			       name_of(request), request, head->request);
	if ((head->flags & VHOST_USER_FLAG_REPLY) == 0)
		return plx_why(why, -EPROTO,
			       "the answer to %s does not say that it is one: flags 0x%x",
			       name_of(request), head->flags);
	if (head->size != size)
		return plx_why(why, -EPROTO, "the answer to %s has %u bytes and not %u",
			       name_of(request), head->size, size);
	return 0;
}

/* Who answers each question just in time could keep a port waiting for as long as there are rings. */
static int
count_waiting(struct user_peer *peer, uint64_t begin)
{
	const uint64_t limit = (uint64_t)peer->reply_ms * USER_LATE_ANSWERS * NS_PER_MS;
	const uint64_t idle = begin - peer->last_answer;

	peer->last_answer = plx_clock_monotonic_ns();
	peer->waited = peer->waited > idle ? peer->waited - idle : 0;
	peer->waited += peer->last_answer - begin;
	if (peer->waited <= limit)
		return 0;
	return plx_why(&peer->why, -ETIMEDOUT, "its answers took %llu s, one after the other",
		       (unsigned long long)(peer->waited / NS_PER_MS / 1000));
}

static int
receive(struct user_peer *peer, uint32_t request, uint32_t size, int timeout_ms,
	struct vhost_user_msg *reply)
{
	const uint64_t begin = plx_clock_monotonic_ns();
	int ret = vhost_user_recv(peer->sock, reply, timeout_ms, &peer->why);

	if (ret == -ETIMEDOUT)
		plx_why(&peer->why, ret, "%s was not answered in %d ms", name_of(request),
			timeout_ms);
	else if (ret == -ECONNRESET)
		plx_why(&peer->why, ret, "the back end hung up before it answered %s",
			name_of(request));
	else if (ret != 0)
		plx_why_prefix(&peer->why, ret, "%s: ", name_of(request));
	if (ret != 0)
		return give_up(peer, ret);
	ret = check_reply(reply, request, size, &peer->why);
	plx_unixsock_close_fds(reply->fds, reply->nb_fds);
	if (ret == 0)
		ret = count_waiting(peer, begin);
	return ret == 0 ? 0 : give_up(peer, ret);
}

static bool
moves_memory(uint32_t request)
{
	return request == VHOST_USER_SET_MEM_TABLE || request == VHOST_USER_ADD_MEM_REG ||
	       request == VHOST_USER_REM_MEM_REG;
}

/* Messages that a peer works on in turn: what answers the second has done the first. */
static int
wait_by_question(struct user_peer *peer, int timeout_ms)
{
	struct vhost_user_msg msg = {.head = {VHOST_USER_GET_FEATURES, VHOST_USER_VERSION, 0}};
	int ret = send_message(peer, &msg);

	return ret != 0 ? ret : receive(peer, VHOST_USER_GET_FEATURES, U64_LEN, timeout_ms, &msg);
}

int
user_peer_order(struct user_peer *peer, uint32_t request, struct vhost_user_msg *msg)
{
	bool acked = user_peer_agreed(peer, VHOST_USER_PROTOCOL_F_REPLY_ACK);
	int timeout_ms = moves_memory(request) ? peer->memory_ms : peer->reply_ms;
	struct vhost_user_msg reply;
	int ret;

	msg->head.request = request;
	msg->head.flags = VHOST_USER_VERSION | (acked ? VHOST_USER_FLAG_NEED_REPLY : 0);
	ret = send_message(peer, msg);
	if (ret != 0)
		return ret;
	if (!acked)
		return moves_memory(request) ? wait_by_question(peer, timeout_ms) : 0;
	ret = receive(peer, request, U64_LEN, timeout_ms, &reply);
	if (ret != 0)
		return ret;
	return reply.payload.u64 == 0 ? 0 : -EREMOTEIO;
}

int
user_peer_order_u64(struct user_peer *peer, uint32_t request, uint64_t value)
{
	struct vhost_user_msg msg = {.head.size = U64_LEN, .payload.u64 = value};

	return user_peer_order(peer, request, &msg);
}

int
user_peer_order_state(struct user_peer *peer, uint32_t request, uint32_t index, uint32_t num)
{
	struct vhost_user_msg msg = {.head.size = STATE_LEN, .payload.state = {index, num}};

	return user_peer_order(peer, request, &msg);
}

int
user_peer_order_fd(struct user_peer *peer, uint32_t request, uint32_t index, int fd)
{
	struct vhost_user_msg msg = {
		.head.size = U64_LEN, .payload.u64 = index, .fds = {fd}, .nb_fds = 1};

	return user_peer_order(peer, request, &msg);
}

static int
ask(struct user_peer *peer, struct vhost_user_msg *msg, uint32_t answer_size)
{
	uint32_t request = msg->head.request;
	int ret;

	msg->head.flags = VHOST_USER_VERSION;
	ret = send_message(peer, msg);
	return ret == 0 ? receive(peer, request, answer_size, peer->reply_ms, msg) : ret;
}

int
user_peer_ask_u64(struct user_peer *peer, uint32_t request, uint64_t *ret_value)
{
	struct vhost_user_msg msg = {.head.request = request};
	int ret = ask(peer, &msg, U64_LEN);

	if (ret == 0)
		*ret_value = msg.payload.u64;
	return ret;
}

int
user_peer_ask_state(struct user_peer *peer, uint32_t request, uint32_t index, uint32_t *ret_num)
{
	struct vhost_user_msg msg = {
		.head.request = request, .head.size = STATE_LEN, .payload.state = {.index = index}};
	int ret = ask(peer, &msg, STATE_LEN);

	if (ret != 0)
		return ret;
	if (msg.payload.state.index != index) {
		ret = plx_why(&peer->why, -EPROTO, "%s of ring %u was answered for ring %u",
			      name_of(request), index, msg.payload.state.index);
		return give_up(peer, ret);
	}
	*ret_num = msg.payload.state.num;
	return 0;
}

/* -- the greeting -------------------------------------------------------------------------------------------------------- */

#define PROTOCOL_WANTED                                                                        \
	(VIRTIO_BIT(VHOST_USER_PROTOCOL_F_REPLY_ACK) | VIRTIO_BIT(VHOST_USER_PROTOCOL_F_MTU) | \
	 VIRTIO_BIT(VHOST_USER_PROTOCOL_F_MEM_SLOTS) | VIRTIO_BIT(VHOST_USER_PROTOCOL_F_STATUS))

static int
ask_slots(struct user_peer *peer)
{
	uint64_t slots;
	int ret = user_peer_ask_u64(peer, VHOST_USER_GET_MAX_MEM_SLOTS, &slots);

	if (ret != 0)
		return ret;
	if (slots == 0) {
		ret = plx_why(&peer->why, -EPROTO, "the back end has room for no memory at all");
		return give_up(peer, ret);
	}
	peer->max_regions = slots < USER_REGIONS_MAX ? (unsigned)slots : USER_REGIONS_MAX;
	return 0;
}

static int
ask_pairs(struct user_peer *peer)
{
	uint64_t pairs;
	int ret = user_peer_ask_u64(peer, VHOST_USER_GET_QUEUE_NUM, &pairs);

	if (ret != 0)
		return ret;
	if (pairs == 0) {
		ret = plx_why(&peer->why, -EPROTO, "the back end has no queues at all");
		return give_up(peer, ret);
	}
	peer->max_pairs = pairs < VIRTIO_PAIRS_MAX ? (unsigned)pairs : VIRTIO_PAIRS_MAX;
	return 0;
}

/* MQ is asked for when there is use for it only: back ends get ready by the queues that they were told of. */
static int
agree_on_protocol(struct user_peer *peer, unsigned pairs_wanted)
{
	uint64_t offered, wanted = PROTOCOL_WANTED;
	int ret = user_peer_ask_u64(peer, VHOST_USER_GET_PROTOCOL_FEATURES, &offered);

	if (ret != 0)
		return ret;
	if (pairs_wanted > 1)
		wanted |= VIRTIO_BIT(VHOST_USER_PROTOCOL_F_MQ);
	ret = user_peer_order_u64(peer, VHOST_USER_SET_PROTOCOL_FEATURES, offered & wanted);
	if (ret != 0)
		return ret;
	peer->protocol = offered & wanted;
	if (user_peer_agreed(peer, VHOST_USER_PROTOCOL_F_MQ))
		ret = ask_pairs(peer);
	if (ret == 0 && user_peer_agreed(peer, VHOST_USER_PROTOCOL_F_MEM_SLOTS))
		ret = ask_slots(peer);
	return ret;
}

void
user_peer_init(struct user_peer *peer, int reply_ms, int memory_ms)
{
	*peer = (struct user_peer){.sock = -1,
				   .max_pairs = 1,
				   .max_regions = VHOST_USER_REGIONS_MAX,
				   .reply_ms = reply_ms,
				   .memory_ms = memory_ms};
}

int
user_peer_greet(struct user_peer *peer, int sock, unsigned pairs_wanted)
{
	struct vhost_user_msg owner = {.head.size = 0};
	int ret;

	user_peer_init(peer, peer->reply_ms, peer->memory_ms);
	peer->sock = sock;
	ret = user_peer_order(peer, VHOST_USER_SET_OWNER, &owner);
	if (ret == 0)
		ret = user_peer_ask_u64(peer, VHOST_USER_GET_FEATURES, &peer->features);
	if (ret == 0 && user_peer_offers(peer, VHOST_USER_F_PROTOCOL_FEATURES))
		ret = agree_on_protocol(peer, pairs_wanted);
	return ret;
}

void
user_peer_cut(struct user_peer *peer, const char *reason)
{
	if (peer->sock >= 0 && peer->why.text[0] == '\0')
		give_up(peer, plx_why(&peer->why, -EIO, "%s", reason));
}

void
user_peer_leave(struct user_peer *peer)
{
	plx_unixsock_close_fds(&peer->sock, 1);
	peer->features = peer->protocol = 0;
}
