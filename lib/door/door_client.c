/* SPDX-License-Identifier: BSD-3-Clause */
/* Looking for doors, and knocking. */
#include "plx_door_client.h"

#include "door_priv.h"
#include "plx_unixsock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- who is there ------------------------------------------------------------------------------------ */

struct search {
	struct plx_door_entry *entries;
	unsigned room, n;
	int folder;
	const char *path;
	bool ours;
	bool stale; /* there was one */
};

/* The listener, as the kernel knows it; 0 if we may not know, -1 if there is none. */
static pid_t
listener_of(const char *path)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	int fd = plx_unixsock_connect_packets(path, NULL);
	pid_t pid = 0;

	if (fd < 0)
		return fd == -ECONNREFUSED || fd == -ENOENT ? -1 : 0;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0)
		pid = who.pid;
	close(fd);
	return pid;
}

static void
find_one(void *arg, const char *name)
{
	struct search *search = arg;
	struct plx_door_entry entry = {0};
	char file[300];
	struct stat st;

	if ((size_t)snprintf(entry.path, sizeof(entry.path), "%s/%s" DOOR_SUFFIX, search->path,
			     name) >= sizeof(entry.path) ||
	    (size_t)snprintf(entry.name, sizeof(entry.name), "%s", name) >= sizeof(entry.name))
		return;
	entry.pid = listener_of(entry.path);
	if (entry.pid < 0) {
		search->stale = true;
		return;
	}
	snprintf(file, sizeof(file), "%s" DOOR_SUFFIX, name);
	if (fstatat(search->folder, file, &st, AT_SYMLINK_NOFOLLOW) == 0)
		entry.uid = st.st_uid;
	if (search->n < search->room)
		search->entries[search->n] = entry;
	search->n++;
}

unsigned
plx_door_list(struct plx_door_entry *ret_entries, unsigned n)
{
	struct search search = {.entries = ret_entries, .room = n};
	struct door_folders folders;

	door_folders_find(&folders, true);
	for (unsigned i = 0; i < folders.n; i++) {
		search.path = folders.path[i];
		search.folder = door_folder_open(search.path, &search.ours);
		search.stale = false;
		if (search.folder < 0)
			continue;
		door_folder_each(search.folder, find_one, &search);
		if (search.stale && search.ours && door_folder_lock(search.folder) == 0)
			door_folder_sweep(search.folder, search.path);
		close(search.folder);
	}
	return search.n;
}

/* -- asking ------------------------------------------------------------------------------------------- */

static int
receive(int fd, const char *path, int timeout_ms, struct plx_door_answer *answer,
	struct plx_why *why)
{
	const size_t size = PLX_DOOR_REPLY_MAX + 1;
	unsigned nb_fds = PLX_UNIXSOCK_FDS_MAX;
	ssize_t n;

	answer->text = malloc(size);
	answer->fds = calloc(PLX_UNIXSOCK_FDS_MAX, sizeof(int));
	if (answer->text == NULL || answer->fds == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	n = plx_unixsock_recv_packet(fd, answer->text, size - 1, answer->fds, &nb_fds, timeout_ms);
	/* Who was refused before the request was read hears of that first; the reason stands behind it. */
	if (n == -ECONNRESET) {
		nb_fds = PLX_UNIXSOCK_FDS_MAX;
		n = plx_unixsock_recv_packet(fd, answer->text, size - 1, answer->fds, &nb_fds, 0);
	}
	if (n == -ETIMEDOUT)
		return plx_why(why, -ETIMEDOUT,
			       "%s: no answer within %d ms: the program is busy, or stopped", path,
			       timeout_ms);
	if (n == -ECONNRESET || n == -EPIPE)
		return plx_why(why, -ECONNRESET, "%s: the program hung up; it may have ended",
			       path);
	if (n < 0)
		return plx_why(why, (int)n, "%s: the answer could not be taken: %s", path,
			       strerror((int)-n));
	answer->text[n] = '\0';
	answer->nb_fds = nb_fds;
	return 0;
}

/* Connects, asks, and leaves the connection open. */
static int
ask(const char *path, const char *request, int timeout_ms, struct plx_door_answer *ret_answer,
    int *ret_fd, struct plx_why *why)
{
	const size_t len = strlen(request);
	int fd, ret;

	*ret_answer = (struct plx_door_answer){0};
	*ret_fd = -1;
	if (len > PLX_DOOR_REQUEST_MAX)
		return plx_why(why, -EMSGSIZE, "a request has at most %d bytes",
			       PLX_DOOR_REQUEST_MAX);
	fd = plx_unixsock_connect_packets(path, why);
	if (fd < 0)
		return fd;
	ret = plx_unixsock_send(fd, request, len, NULL, 0, NULL, 0, timeout_ms);
	/* Who was refused can still read why. */
	if (ret != 0 && ret != -EPIPE)
		plx_why(why, ret, "%s: %s", path, strerror(-ret));
	else
		ret = receive(fd, path, timeout_ms, ret_answer, why);
	if (ret != 0) {
		close(fd);
		plx_door_answer_free(ret_answer);
		return ret;
	}
	*ret_fd = fd;
	return 0;
}

int
plx_door_call(const char *path, const char *request, int timeout_ms,
	      struct plx_door_answer *ret_answer, struct plx_why *why)
{
	int fd, ret = ask(path, request, timeout_ms, ret_answer, &fd, why);

	if (ret == 0)
		close(fd);
	return ret;
}

/* Behind the text that begins at the quotation mark; NULL if it has no end. */
static char *
behind_text(char *at)
{
	for (at++; *at != '"'; at++) {
		if (*at == '\\')
			at++;
		if (*at == '\0')
			return NULL;
	}
	return at + 1;
}

/* {"command":"...","error":"..."}, where the first may be missing: what stands from the error on, NULL if it is none. */
static char *
find_error(char *text)
{
	static const char command[] = "{\"command\":", error[] = "\"error\":";
	char *at = text;

	if (strncmp(text, command, sizeof(command) - 1) == 0)
		at = behind_text(text + sizeof(command) - 1);
	if (at == NULL || *at == '\0' || strncmp(at + 1, error, sizeof(error) - 1) != 0)
		return NULL;
	*at = '{';
	return at;
}

/* The error alone is an object of a text, as a request is. Changes the answer's text if it is one. */
static int
refusal(const char *path, char *text, struct plx_why *why)
{
	struct plx_door_request answer;
	const char *words;
	char *error = find_error(text);

	if (error == NULL)
		return 0;
	door_request_parse(&answer, error, strlen(error), NULL);
	words = plx_door_request_value(&answer, "error");
	return plx_why(why, -EREMOTEIO, "%s: %s", path,
		       words != NULL ? words : "the command was refused");
}

int
plx_door_attach(const char *path, const char *request, int timeout_ms,
		struct plx_door_answer *ret_answer, int *ret_fd, struct plx_why *why)
{
	int ret = ask(path, request, timeout_ms, ret_answer, ret_fd, why);

	if (ret != 0)
		return ret;
	ret = refusal(path, ret_answer->text, why);
	if (ret == 0)
		return 0;
	plx_door_answer_free(ret_answer);
	plx_unixsock_close_fds(ret_fd, 1);
	return ret;
}

void
plx_door_answer_free(struct plx_door_answer *answer)
{
	plx_unixsock_close_fds(answer->fds, answer->nb_fds);
	free(answer->fds);
	free(answer->text);
	*answer = (struct plx_door_answer){0};
}
