/* SPDX-License-Identifier: BSD-3-Clause */
#include "machine.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define INTERFACES_MAX 512 /* more do not fit the text that is read */

static int PLX_PRINTF(3, 0)
	path_of(const struct machine *m, char path[PATH_MAX], const char *format, va_list args)
{
	int len = snprintf(path, PATH_MAX, "%s", m->root);
	int more;

	if (len >= PATH_MAX)
		return -ENAMETOOLONG;
	more = vsnprintf(path + len, (size_t)(PATH_MAX - len), format, args);
	return more >= PATH_MAX - len ? -ENAMETOOLONG : 0;
}

static void
trim_end(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
}

static int
read_path(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0;
	ssize_t got;

	text[0] = '\0';
	if (fd < 0)
		return -errno;
	do {
		got = read(fd, text + len, size - 1 - len);
		if (got > 0)
			len += (size_t)got;
	} while (got > 0 && len < size - 1);
	close(fd);
	text[len] = '\0';
	trim_end(text);
	return got < 0 ? -EIO : 0;
}

int
machine_read(const struct machine *m, char *text, size_t size, const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	int err;

	va_start(args, format);
	err = path_of(m, path, format, args);
	va_end(args);
	return err != 0 ? err : read_path(path, text, size);
}

bool
machine_number(const struct machine *m, uint64_t *ret_number, const char *format, ...)
{
	char path[PATH_MAX], text[64], *end;
	unsigned long long number;
	va_list args;
	int err;

	va_start(args, format);
	err = path_of(m, path, format, args);
	va_end(args);
	if (err != 0 || read_path(path, text, sizeof(text)) != 0)
		return false;
	errno = 0;
	number = strtoull(text, &end, 0);
	if (end == text || errno != 0)
		return false;
	*ret_number = number;
	return true;
}

bool
machine_line(const struct machine *m, const char *path, const char *key, char *text, size_t size)
{
	char full[PATH_MAX], *line = NULL;
	size_t room = 0, key_len = strlen(key);
	bool found = false;
	FILE *in;

	snprintf(full, sizeof(full), "%s%s", m->root, path);
	in = fopen(full, "re");
	if (in == NULL)
		return false;
	while (!found && getline(&line, &room, in) > 0) {
		if (strncmp(line, key, key_len) != 0)
			continue;
		found = true;
		trim_end(line);
		snprintf(text, size, "%s", line + key_len + strspn(line + key_len, " \t:"));
	}
	free(line);
	fclose(in);
	return found;
}

bool
machine_keyed(const struct machine *m, const char *path, const char *key, uint64_t *ret_number)
{
	unsigned long long number;
	char text[128];

	if (!machine_line(m, path, key, text, sizeof(text)) || sscanf(text, "%llu", &number) != 1)
		return false;
	*ret_number = number;
	return true;
}

bool
machine_has(const struct machine *m, const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	int err;

	va_start(args, format);
	err = path_of(m, path, format, args);
	va_end(args);
	return err == 0 && access(path, F_OK) == 0;
}

/* The kernel's own, wherever a root or a link led. */
static bool
is_sysfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) != 0 || fs.f_type == SYSFS_MAGIC;
}

int
machine_write(const struct machine *m, const char *text, const char *format, ...)
{
	char path[PATH_MAX];
	ssize_t done;
	va_list args;
	int err, fd;

	if (m->root[0] == '\0' && !m->live)
		return -EROFS;
	va_start(args, format);
	err = path_of(m, path, format, args);
	va_end(args);
	fd = err == 0 ? open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	if (fd < 0)
		return err != 0 ? err : -errno;
	done = m->live || !is_sysfs(fd) ? write(fd, text, strlen(text)) : (errno = EROFS, -1);
	err = done < 0 ? -errno : 0;
	close(fd);
	if (err == 0 && m->wrote != NULL)
		m->wrote(m, path + strlen(m->root), text);
	return err;
}

int
machine_may_use(const struct machine *m, const char *path)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", m->root, path);
	return access(full, R_OK | W_OK) == 0 ? 0 : -errno;
}

const char *
machine_target(const struct machine *m, char *text, size_t size, const char *format, ...)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t len = -1;
	const char *slash;
	va_list args;

	va_start(args, format);
	if (path_of(m, path, format, args) == 0)
		len = readlink(path, target, sizeof(target) - 1);
	va_end(args);
	target[len > 0 ? len : 0] = '\0';
	slash = strrchr(target, '/');
	snprintf(text, size, "%s", slash != NULL ? slash + 1 : target);
	return text;
}

/* "node10" behind "node9". */
static int
by_number(const struct dirent **a, const struct dirent **b)
{
	return strverscmp((*a)->d_name, (*b)->d_name);
}

static int
not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int
machine_list(const struct machine *m, struct names *ret_names, const char *format, ...)
{
	char path[PATH_MAX];
	struct dirent **entries;
	va_list args;
	int n, err;

	*ret_names = (struct names){0};
	va_start(args, format);
	err = path_of(m, path, format, args);
	va_end(args);
	if (err != 0)
		return err;
	n = scandir(path, &entries, not_hidden, by_number);
	if (n < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	ret_names->name = calloc((size_t)n + 1, sizeof(char *));
	for (int i = 0; i < n; i++) {
		if (ret_names->name != NULL)
			ret_names->name[ret_names->n] = strdup(entries[i]->d_name);
		if (ret_names->name != NULL && ret_names->name[ret_names->n] != NULL)
			ret_names->n++;
		free(entries[i]);
	}
	free(entries);
	return 0;
}

/* Lines of /proc/net/dev: "  eth0: 1200 10 ...". */
int
machine_interfaces(const struct machine *m, struct names *ret_names)
{
	char text[32768], *line, *rest = text;
	int err = machine_read(m, text, sizeof(text), "/proc/net/dev");

	*ret_names = (struct names){.name = calloc(INTERFACES_MAX, sizeof(char *))};
	if (err != 0 || ret_names->name == NULL)
		return err != 0 ? err : -ENOMEM;
	while ((line = strsep(&rest, "\n")) != NULL && ret_names->n < INTERFACES_MAX) {
		char *colon = strchr(line, ':');

		if (colon == NULL)
			continue;
		*colon = '\0';
		ret_names->name[ret_names->n] = strdup(line + strspn(line, " "));
		if (ret_names->name[ret_names->n] != NULL)
			ret_names->n++;
	}
	return 0;
}

bool
machine_hides(const struct machine *m, const char *interface)
{
	struct names names;
	bool hides = machine_interfaces(m, &names) == 0;

	for (unsigned i = 0; i < names.n && hides; i++)
		hides = strcmp(names.name[i], interface) != 0;
	names_free(&names);
	return hides;
}

void
names_free(struct names *names)
{
	for (unsigned i = 0; i < names->n; i++)
		free(names->name[i]);
	free(names->name);
	*names = (struct names){0};
}
