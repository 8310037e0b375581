/* SPDX-License-Identifier: BSD-3-Clause */
/* A slave in a process of its own: finding the master, and mapping what it gives. Needs no EAL. */
#include "cluster_attach_priv.h"
#include "cluster_priv.h"
#include "plx_door.h"
#include "plx_door_client.h"
#include "plx_unixsock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCHEME	     "cluster:"
#define PROGRAMS_MAX 256
#define ANSWER_MS    60000 /* of who has the cluster, be the machine busy */
#define LOOK_MS	     3000
#define TRIES	     8

/* -- names --------------------------------------------------------------------------------------------- */

static bool
read_number(const char **at, uint32_t max, uint32_t *ret_number)
{
	unsigned long number;
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	number = strtoul(*at, &end, 10);
	*at = end;
	*ret_number = (uint32_t)number;
	return errno == 0 && number <= max;
}

static int
read_name(const char *name, uint32_t *ret_id, struct plx_cluster_slave_params *params,
	  struct plx_why *why)
{
	const char *at = name + strlen(SCHEME);
	bool good = strncmp(name, SCHEME, strlen(SCHEME)) == 0 &&
		    read_number(&at, PLX_CLUSTER_ID_MAX, ret_id);

	if (good && *at == '@') {
		at++;
		good = read_number(&at, UINT32_MAX - 1, &params->place);
	}
	if (good && *at == '\0')
		return 0;
	return plx_why(why, -EINVAL,
		       "\"%.64s\" is no cluster: cluster:10 is expected, or cluster:10@2 for its "
		       "place 2",
		       name);
}

/* -- finding it ---------------------------------------------------------------------------------------- */

static void
note_id(struct plx_why *list, uint32_t id)
{
	size_t len = strlen(list->text);

	snprintf(list->text + len, sizeof(list->text) - len, "%s%u", len == 0 ? "" : ", ", id);
}

int
cluster_ask(const char *path, uint32_t id, int timeout_ms, bool *ret_has, struct plx_why *list,
	    struct plx_why *why)
{
	static const char member[] = "\"id\":";
	struct plx_door_answer answer;
	int ret = plx_door_call(path, "{\"command\":\"clusters\"}", timeout_ms, &answer, why);

	*ret_has = false;
	if (ret < 0)
		return ret;
	for (const char *at = answer.text; (at = strstr(at, member)) != NULL;) {
		uint32_t other;

		at += strlen(member);
		if (!read_number(&at, PLX_CLUSTER_ID_MAX, &other))
			continue;
		*ret_has |= other == id;
		if (list != NULL)
			note_id(list, other);
	}
	plx_door_answer_free(&answer);
	return 0;
}

static int
find_in(const struct plx_door_entry *entries, unsigned n, uint32_t id, const char **ret_path,
	struct plx_why *why)
{
	struct plx_why list = {""}, silent = {""};

	for (unsigned i = 0; i < n; i++) {
		bool has;
		int ret = cluster_ask(entries[i].path, id, LOOK_MS, &has, &list, why);

		if (ret == -ETIMEDOUT)
			silent = *why;
		if (ret < 0 || !has)
			continue;
		*ret_path = entries[i].path;
		return 0;
	}
	if (silent.text[0] != '\0')
		return plx_why(why, -ETIMEDOUT, "cluster %u was not found, but %s", id,
			       silent.text);
	if (list.text[0] != '\0')
		return plx_why(why, -ENOENT, "there is no cluster %u; there is: %s", id, list.text);
	return plx_why(why, -ENOENT, "there is no cluster %u, nor any other of this user", id);
}

/* -- asking -------------------------------------------------------------------------------------------- */

/* It goes to terminals and logs. */
static void
make_printable(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static int
hear_welcome(int sock, int fds[WELCOME_FDS], struct plx_why *why)
{
	unsigned nb_fds = WELCOME_FDS;
	struct welcome welcome = {0};
	ssize_t n =
		plx_unixsock_recv_packet(sock, &welcome, sizeof(welcome), fds, &nb_fds, ANSWER_MS);

	if (n < 0)
		return plx_why(why, (int)n, "the cluster's master does not welcome a slave: %s",
			       strerror((int)-n));
	welcome.why.text[sizeof(welcome.why.text) - 1] = '\0';
	make_printable(welcome.why.text);
	if (n == sizeof(welcome) && welcome.err == 0 && nb_fds == WELCOME_FDS &&
	    welcome.version == PLX_CLUSTER_LANE_VERSION)
		return 0;
	plx_unixsock_close_fds(fds, nb_fds);
	if (n == sizeof(welcome) && welcome.err < 0)
		return plx_why(why, welcome.err, "%s", welcome.why.text);
	return plx_why(why, -EPROTO, "the cluster's master is of another release");
}

/* As JSON has it. False if there is no room. */
static bool
quote(const char *text, char *to, size_t room)
{
	for (; *text != '\0' && room > 7; text++) {
		unsigned char c = (unsigned char)*text;
		bool odd = c < 0x20 || c == '"' || c == '\\';
		size_t n = (size_t)snprintf(to, room, odd ? "\\u%04x" : "%c", c);

		to += n;
		room -= n;
	}
	*to = '\0';
	return *text == '\0';
}

static int
make_request(uint32_t id, const struct plx_cluster_slave_params *params, char *request, size_t room,
	     struct plx_why *why)
{
	char filter[PLX_DOOR_REQUEST_MAX - 256];

	if (!quote(params->filter != NULL ? params->filter : "", filter, sizeof(filter)))
		return plx_why(why, -EINVAL, "a filter of %zu characters: too long to be sent",
			       strlen(params->filter));
	snprintf(request, room,
		 "{\"command\":\"attach %u\",\"version\":%u,\"place\":%u,\"former\":%u,"
		 "\"group\":%u,\"flags\":%u,\"filter\":\"%s\"}",
		 id, PLX_CLUSTER_LANE_VERSION, params->place, params->former, params->group,
		 params->flags, filter);
	return 0;
}

static int
ask(const char *path, uint32_t id, const struct plx_cluster_slave_params *params,
    int fds[WELCOME_FDS], int *ret_sock, struct plx_why *why)
{
	struct plx_door_answer answer;
	char request[PLX_DOOR_REQUEST_MAX];
	int ret = make_request(id, params, request, sizeof(request), why);

	if (ret < 0)
		return ret;
	ret = plx_door_attach(path, request, ANSWER_MS, &answer, ret_sock, why);
	if (ret < 0)
		return ret;
	plx_door_answer_free(&answer);
	ret = hear_welcome(*ret_sock, fds, why);
	if (ret < 0)
		plx_unixsock_close_fds(ret_sock, 1);
	return ret;
}

static int
find_and_ask(uint32_t id, const struct plx_cluster_slave_params *params, int fds[WELCOME_FDS],
	     int *ret_sock, struct plx_why *why)
{
	struct plx_door_entry *entries = calloc(PROGRAMS_MAX, sizeof(*entries));
	const char *path = NULL;
	unsigned n;
	int ret;

	if (entries == NULL)
		return plx_why(why, -ENOMEM, "no memory to look for masters");
	n = plx_door_list(entries, PROGRAMS_MAX);
	ret = find_in(entries, n < PROGRAMS_MAX ? n : PROGRAMS_MAX, id, &path, why);
	if (ret == 0)
		ret = ask(path, id, params, fds, ret_sock, why);
	free(entries);
	return ret;
}

/* -- mapping ------------------------------------------------------------------------------------------- */

/* Memory that its owner could cut off would kill who reads it. So could huge pages, which he may take away: these are guarded. */
static int
map(int fd, int prot, struct plx_peermem *ret_mem, size_t *ret_bytes, struct plx_why *why)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	if (fstat(fd, &st) != 0 || st.st_size <= 0 || seals < 0 || (seals & F_SEAL_SHRINK) == 0)
		return plx_why(why, -EPROTO, "the cluster's memory is not sealed");
	*ret_bytes = (size_t)st.st_size;
	return plx_peermem_map(ret_mem, fd, 0, *ret_bytes, prot, NULL, -1, why);
}

static int
check_data(const struct plx_cluster_lane_shape *shape, size_t bytes, struct plx_why *why)
{
	if (shape->buf_size <= shape->stride && (uint64_t)shape->buffers * shape->stride <= bytes)
		return 0;
	return plx_why(why, -EPROTO, "the cluster's packets do not fit into their memory");
}

static int
make(const int fds[WELCOME_FDS], int sock, uint32_t flags, struct plx_cluster_slave **ret_slave,
     struct plx_why *why)
{
	struct plx_peermem lane, data;
	size_t lane_bytes = 0, data_bytes = 0;
	struct plx_cluster_slave_private *priv;
	int prot = PROT_READ, ret;

	if ((fcntl(fds[WELCOME_DATA], F_GETFL) & O_ACCMODE) == O_RDWR)
		prot |= PROT_WRITE;
	if ((flags & PLX_CLUSTER_SLAVE_WRITE) != 0 && (prot & PROT_WRITE) == 0)
		return plx_why(why, -EPROTO,
			       "the cluster's packets cannot be written, as was granted");
	ret = map(fds[WELCOME_LANE], PROT_READ | PROT_WRITE, &lane, &lane_bytes, why);
	if (ret < 0)
		return ret;
	ret = map(fds[WELCOME_DATA], prot, &data, &data_bytes, why);
	if (ret < 0)
		goto unmap_lane;
	ret = slave_make((struct plx_cluster_lane *)(void *)lane.at, lane_bytes, data.at, ret_slave,
			 why);
	if (ret < 0)
		goto unmap_data;
	priv = (*ret_slave)->priv;
	priv->sock = sock;
	priv->lane_file = lane;
	priv->data_file = data;
	ret = check_data(&priv->shape, data_bytes, why);
	if (ret == 0)
		return 0;
	slave_free(*ret_slave);
unmap_data:
	plx_peermem_unmap(&data);
unmap_lane:
	plx_peermem_unmap(&lane);
	return ret;
}

int
plx_cluster_attach(const char *name, const struct plx_cluster_slave_params *params,
		   struct plx_cluster_slave **ret_slave, struct plx_why *why)
{
	struct plx_cluster_slave_params wish = {.place = PLX_CLUSTER_PLACE_ANY};
	int fds[WELCOME_FDS] = {-1, -1}, sock = -1, ret;
	struct plx_why unread;
	uint32_t id = 0;

	if (why == NULL)
		why = &unread;
	if (params != NULL)
		wish = *params;
	ret = read_name(name, &id, &wish, why);
	if (ret < 0)
		return ret;
	/* Of many who come at once the door may push some out. */
	ret = -ECONNRESET;
	for (unsigned i = 0; i < TRIES && ret == -ECONNRESET; i++)
		ret = find_and_ask(id, &wish, fds, &sock, why);
	if (ret < 0)
		return ret;
	ret = make(fds, sock, wish.flags, ret_slave, why);
	plx_unixsock_close_fds(fds, WELCOME_FDS);
	if (ret < 0)
		plx_unixsock_close_fds(&sock, 1);
	return ret;
}

bool
slave_robbed(const struct plx_cluster_slave *slave)
{
	const struct plx_cluster_slave_private *priv = slave->priv;

	return priv->data_file.map != NULL &&
	       (plx_peermem_faulted(&priv->lane_file) || plx_peermem_faulted(&priv->data_file));
}

void
slave_detach(struct plx_cluster_slave *slave)
{
	struct plx_cluster_slave_private *priv = slave->priv;

	if (priv->data_file.map == NULL)
		return;
	plx_peermem_unmap(&priv->lane_file);
	plx_peermem_unmap(&priv->data_file);
	plx_unixsock_close_fds(&priv->sock, 1);
}
