/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slaves in other processes, as the master's program sees them. They come by the program's door, on the control thread, which
 * also hears when they hang up: no thread or process of its own watches them, and the master's rounds know nothing of it.
 *
 * The lock is taken before a cluster's desk. Who removes an event holds no lock that its callback takes.
 */
#include "cluster_attach_priv.h"
#include "cluster_priv.h"
#include "plx_door.h"
#include "plx_door_client.h"
#include "plx_event.h"
#include "plx_unixsock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_MAX_CLUSTERS 64
#define PROGRAMS_MAX	  256
#define ASK_MS		  700 /* less than others wait for the folder */
#define NO_WORD		  PLX_DOOR_REQUEST_MAX

/* A slave in another process, from the welcome to the end of its connection. */
struct guest {
	struct guest *next;
	struct plx_cluster *cluster;
	uint32_t place;
	uint64_t visit;
	int sock;
	plx_event_id event;
};

/* What a slave asks for. */
struct wish {
	uint32_t id, version;
	struct plx_cluster_slave_params params;
	char filter[PLX_DOOR_REQUEST_MAX]; /* is in params */
};

static struct {
	pthread_mutex_t lock;
	struct plx_cluster *clusters[OPEN_MAX_CLUSTERS];
	struct guest *guests;
} room = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct plx_cluster *
find(uint32_t id)
{
	for (unsigned i = 0; i < OPEN_MAX_CLUSTERS; i++)
		if (room.clusters[i] != NULL && room.clusters[i]->params.id == id)
			return room.clusters[i];
	return NULL;
}

/* -- going -------------------------------------------------------------------------------------------- */

/* False if it is not there any more. */
static bool
unlink_guest(struct guest *guest)
{
	struct guest **at = &room.guests;

	while (*at != NULL && *at != guest)
		at = &(*at)->next;
	if (*at == NULL)
		return false;
	*at = guest->next;
	return true;
}

static void
free_guest(struct guest *guest)
{
	if (guest->event != 0)
		plx_event_remove(guest->event);
	close(guest->sock);
	free(guest);
}

/* It hung up. What it says is for the master, who is woken by it. */
static void
on_guest(void *arg, int fd, uint32_t events)
{
	struct guest *guest = arg;
	bool there;

	pthread_mutex_lock(&room.lock);
	there = unlink_guest(guest);
	if (there)
		place_shut(guest->cluster, guest->place, guest->visit);
	pthread_mutex_unlock(&room.lock);
	if (there)
		free_guest(guest);
}

/* Those that hung up, and whose end waits to be heard: this thread may have been busy with another's coming. */
static void
hear_ends(const struct plx_cluster *cluster)
{
	for (const struct guest *guest = room.guests; guest != NULL; guest = guest->next) {
		struct pollfd poll_fd = {.fd = guest->sock, .events = POLLRDHUP};

		if (guest->cluster == cluster && poll(&poll_fd, 1, 0) > 0)
			place_shut(guest->cluster, guest->place, guest->visit);
	}
}

/* -- coming ------------------------------------------------------------------------------------------- */

static int
peer_pid(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 ? who.pid : 0;
}

/*
 * The packets' memory to read, unless the slave may write. A memfd is opened anew through /proc, by the rights of its inode:
 * the master's user alone. A process of that user, or root's, could do so too and write; it could as well attach a
 * debugger. What this is against are mistakes, and slaves that gave their rights away after they attached.
 */
static int
data_fd(const struct plx_cluster *cluster, uint32_t flags, struct plx_why *why)
{
	int whole = plx_pool_zone(cluster->pool)->fd, fd;
	char path[32];

	if (fchmod(whole, S_IRUSR | S_IWUSR) != 0)
		return plx_why(why, -errno, "the pool's memory: fchmod: %s", strerror(errno));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", whole);
	fd = open(path, ((flags & PLX_CLUSTER_SLAVE_WRITE) != 0 ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	return fd >= 0 ? fd
		       : plx_why(why, -errno, "the pool's memory: %s: %s", path, strerror(errno));
}

static int
send_welcome(int sock, const struct welcome *welcome, const int *fds, unsigned nb_fds)
{
	return plx_unixsock_send(sock, welcome, sizeof(*welcome), NULL, 0, fds, nb_fds, 0);
}

/* It has its place: tells it, and listens for its end. */
static int
let_in(struct guest *guest, int data)
{
	const struct place *place = &guest->cluster->places[guest->place];
	const struct welcome welcome = {.version = PLX_CLUSTER_LANE_VERSION};
	int fds[WELCOME_FDS];
	int ret;

	fds[WELCOME_LANE] = place->zone->fd;
	fds[WELCOME_DATA] = data;
	ret = plx_event_fd_add(guest->sock, EPOLLRDHUP, on_guest, guest, &guest->event);
	return ret < 0 ? ret : send_welcome(guest->sock, &welcome, fds, WELCOME_FDS);
}

static int
seat(struct guest *guest, const struct wish *wish, struct plx_why *why)
{
	const struct place_owner owner = {.sock = guest->sock, .pid = peer_pid(guest->sock)};
	int ret, data;

	ret = place_open(guest->cluster, &wish->params, &owner, &guest->place, &guest->visit, why);
	if (ret < 0)
		return ret;
	data = data_fd(guest->cluster, wish->params.flags, why);
	ret = data;
	if (ret >= 0) {
		ret = let_in(guest, data);
		close(data);
		if (ret < 0)
			plx_why(why, ret, "the connection: %s", strerror(-ret));
	}
	if (ret < 0)
		place_shut(guest->cluster, guest->place, guest->visit);
	return ret;
}

static int
receive(const struct wish *wish, int sock, struct guest **ret_guest, struct plx_why *why)
{
	struct guest *guest;
	int ret;

	*ret_guest = NULL;
	if (wish->version != PLX_CLUSTER_LANE_VERSION)
		return plx_why(why, -EPROTO,
			       "the cluster's lanes have version %u, the slave knows %u: both must "
			       "be of the same release",
			       PLX_CLUSTER_LANE_VERSION, wish->version);
	if (find(wish->id) == NULL)
		return plx_why(why, -ENOENT, "there is no cluster %u here any more", wish->id);
	guest = calloc(1, sizeof(*guest));
	if (guest == NULL)
		return plx_why(why, -ENOMEM, "no memory for one more slave");
	guest->cluster = find(wish->id);
	guest->sock = sock;
	hear_ends(guest->cluster);
	ret = seat(guest, wish, why);
	if (ret < 0) {
		if (guest->event != 0)
			plx_event_remove(guest->event);
		free(guest);
		return ret;
	}
	guest->next = room.guests;
	room.guests = guest;
	return 0;
}

/* The door gave the connection away; it may be gone already. On the control thread. */
static void
on_adopted(void *arg, int sock)
{
	struct wish *wish = arg;
	struct welcome welcome = {.version = PLX_CLUSTER_LANE_VERSION};
	struct guest *guest;

	if (sock >= 0) {
		pthread_mutex_lock(&room.lock);
		welcome.err = receive(wish, sock, &guest, &welcome.why);
		pthread_mutex_unlock(&room.lock);
		if (welcome.err < 0) {
			send_welcome(sock, &welcome, NULL, 0);
			close(sock);
		}
	}
	free(wish);
}

/* -- commands ----------------------------------------------------------------------------------------- */

static int
read_wish(const struct plx_door_request *request, struct wish *ret_wish, struct plx_why *why)
{
	const char *filter = plx_door_request_value(request, "filter");
	uint64_t id = 0, version = 0, place = 0, former = 0, group = 0, flags = 0;
	int ret = plx_door_request_number(request, 0, "cluster", PLX_CLUSTER_ID_MAX, &id, why);

	if (ret == 0)
		ret = plx_door_request_number(request, NO_WORD, "version", UINT32_MAX, &version,
					      why);
	if (ret == 0)
		ret = plx_door_request_number(request, NO_WORD, "place", UINT32_MAX, &place, why);
	if (ret == 0 && plx_door_request_value(request, "former") != NULL)
		ret = plx_door_request_number(request, NO_WORD, "former", UINT32_MAX, &former, why);
	if (ret == 0)
		ret = plx_door_request_number(request, NO_WORD, "group", UINT32_MAX, &group, why);
	if (ret == 0)
		ret = plx_door_request_number(request, NO_WORD, "flags", UINT32_MAX, &flags, why);
	*ret_wish = (struct wish){
		.id = (uint32_t)id,
		.version = (uint32_t)version,
		.params = {.place = (uint32_t)place,
			   .former = (uint32_t)former,
			   .group = (uint32_t)group,
			   .flags = (uint32_t)flags},
	};
	if (filter != NULL) /* requests are shorter than the room for it */
		snprintf(ret_wish->filter, sizeof(ret_wish->filter), "%s", filter);
	ret_wish->params.filter = ret_wish->filter;
	return ret;
}

static int
attach(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
       struct plx_why *why)
{
	struct wish *wish = malloc(sizeof(*wish));
	int ret;

	if (wish == NULL)
		return plx_why(why, -ENOMEM, "no memory for one more slave");
	ret = read_wish(request, wish, why);
	if (ret == 0)
		ret = plx_door_reply_adopt(reply, on_adopted, wish);
	if (ret < 0)
		free(wish);
	return ret;
}

/* Slaves look for "id" in it: slave_attach.c. */
static int
clusters(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
	 struct plx_why *why)
{
	plx_door_reply_array(reply, "clusters");
	pthread_mutex_lock(&room.lock);
	for (unsigned i = 0; i < OPEN_MAX_CLUSTERS; i++) {
		struct plx_cluster *cluster = room.clusters[i];

		if (cluster == NULL)
			continue;
		plx_door_reply_object(reply, NULL);
		plx_door_reply_count(reply, "id", cluster->params.id);
		plx_door_reply_count(reply, "places", cluster->nb_places);
		plx_door_reply_count(reply, "slaves",
				     (uint64_t)__builtin_popcountll(
					     __atomic_load_n(&cluster->present, __ATOMIC_RELAXED)));
		plx_door_reply_end(reply);
	}
	pthread_mutex_unlock(&room.lock);
	plx_door_reply_end(reply);
	return 0;
}

static int
add_commands(struct plx_why *why)
{
	static const struct plx_door_command commands[] = {
		{"clusters", "the clusters that slaves can attach to", clusters, NULL, true},
		{"attach <cluster>", "one more slave, by plx_cluster_attach", attach, NULL, true},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(commands); i++) {
		int ret = plx_door_add(&commands[i]);

		if (ret < 0 && ret != -EEXIST)
			return plx_why(why, ret, "the control socket takes no command \"%s\": %s",
				       commands[i].pattern, strerror(-ret));
	}
	return 0;
}

/* -- open and close ------------------------------------------------------------------------------------ */

/* Whether it lies in the folder of this program's door, and is another. */
static bool
is_neighbour(const struct plx_door_entry *entry)
{
	const char *own = plx_door_path();
	size_t folder = (size_t)(strrchr(own, '/') - own) + 1;

	return strncmp(entry->path, own, folder) == 0 &&
	       strchr(entry->path + folder, '/') == NULL && strcmp(entry->path, own) != 0;
}

static int
ask_neighbour(const struct plx_door_entry *entry, uint32_t id, struct plx_why *why)
{
	bool has;
	int ret = cluster_ask(entry->path, id, ASK_MS, &has, NULL, why);

	if (ret == -ECONNREFUSED || ret == -ECONNRESET || ret == -ENOENT)
		return 0; /* it has just ended */
	if (ret < 0)
		return plx_why_prefix(why, ret, "cluster %u may be there already: ", id);
	return !has ? 0
		    : plx_why(why, -EADDRINUSE,
			      "cluster %u is there already: program %s, process %d, has it", id,
			      entry->name, (int)entry->pid);
}

/* With the folder locked, so that of two that ask at once one comes first. */
static int
ask_neighbours(uint32_t id, struct plx_why *why)
{
	struct plx_door_entry *entries = calloc(PROGRAMS_MAX, sizeof(*entries));
	unsigned n;
	int ret = 0;

	if (entries == NULL)
		return plx_why(why, -ENOMEM, "no memory to look for other programs");
	n = plx_door_list(entries, PROGRAMS_MAX);
	if (n > PROGRAMS_MAX)
		n = PROGRAMS_MAX;
	for (unsigned i = 0; i < n && ret == 0; i++)
		if (is_neighbour(&entries[i]))
			ret = ask_neighbour(&entries[i], id, why);
	free(entries);
	return ret;
}

static int
enter(struct plx_cluster *cluster, struct plx_why *why)
{
	uint32_t id = cluster->params.id;
	int ret = -ENOSPC;

	pthread_mutex_lock(&room.lock);
	if (find(id) != NULL)
		ret = find(id) == cluster ? -EALREADY : -EADDRINUSE;
	for (unsigned i = 0; i < OPEN_MAX_CLUSTERS && ret == -ENOSPC; i++) {
		if (room.clusters[i] != NULL)
			continue;
		room.clusters[i] = cluster;
		ret = 0;
	}
	pthread_mutex_unlock(&room.lock);
	if (ret == -EALREADY)
		return plx_why(why, ret, "cluster %u is open already", id);
	if (ret == -EADDRINUSE)
		return plx_why(why, ret, "cluster %u is there already: this program has it", id);
	return ret == 0 ? 0
			: plx_why(why, ret, "%u clusters are open, which is all a program can have",
				  OPEN_MAX_CLUSTERS);
}

int
plx_cluster_open(struct plx_cluster *cluster, struct plx_why *why)
{
	int folder, ret;

	if (plx_door_path() == NULL)
		return plx_why(why, -ENODEV,
			       "cluster %u: this program has no control socket by which slaves "
			       "could come (plx_door_open, and no --no-telemetry)",
			       cluster->params.id);
	ret = add_commands(why);
	if (ret < 0)
		return ret;
	folder = plx_door_lock(why);
	if (folder < 0)
		return folder;
	ret = ask_neighbours(cluster->params.id, why);
	if (ret == 0)
		ret = enter(cluster, why);
	close(folder); /* and unlocks */
	return ret;
}

/* One of the cluster's, which is then the caller's. */
static struct guest *
take_guest(const struct plx_cluster *cluster)
{
	struct guest *guest;

	pthread_mutex_lock(&room.lock);
	for (guest = room.guests; guest != NULL && guest->cluster != cluster; guest = guest->next)
		continue;
	if (guest != NULL)
		unlink_guest(guest);
	pthread_mutex_unlock(&room.lock);
	return guest;
}

void
plx_cluster_close(struct plx_cluster *cluster)
{
	struct guest *guest;

	pthread_mutex_lock(&room.lock);
	for (unsigned i = 0; i < OPEN_MAX_CLUSTERS; i++)
		if (room.clusters[i] == cluster)
			room.clusters[i] = NULL;
	pthread_mutex_unlock(&room.lock);
	while ((guest = take_guest(cluster)) != NULL) {
		place_shut(cluster, guest->place, guest->visit);
		free_guest(guest);
	}
}
