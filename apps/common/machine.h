/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is asked of the machine. Everything that the kernel tells by files is read below one root, so that tests
 * bring a machine of their own; what it tells by system calls only comes through two functions.
 */
#ifndef PLX_APPS_COMMON_MACHINE_H
#define PLX_APPS_COMMON_MACHINE_H

#include <pollux/plx_base.h>

struct link_facts;

struct machine {
	const char *root; /* "" for the real one */
	bool live;	  /* the real one may be written to, too */
	/* What only system calls tell of an interface; NULL: nothing. -errno. */
	int (*link)(const char *name, struct link_facts *ret_facts);
	/* True if somebody listens on that socket; NULL: nobody. */
	bool (*listens)(const char *path);
	/* The interface's IPv4 addresses, parted by blanks; NULL: none are known. */
	void (*addresses)(const char *interface, char *text, size_t size);
	/* Called behind each write: a test's kernel, which does what it is told. NULL: the real one did. */
	void (*wrote)(const struct machine *m, const char *path, const char *text);
};

/* The names in a folder, without . and .., sorted as people count. */
struct names {
	unsigned n;
	char **name;
};

/* The file's first bytes, without blanks at the end: 0, -errno. Never more than size - 1 bytes. */
int machine_read(const struct machine *m, char *text, size_t size, const char *format, ...)
	PLX_PRINTF(4, 5);

/* The number a file begins with. False if it cannot be read or is none. */
bool machine_number(const struct machine *m, uint64_t *ret_number, const char *format, ...)
	PLX_PRINTF(3, 4);

/* The number behind `key` in a file of "key: number" lines. */
bool
machine_keyed(const struct machine *m, const char *path, const char *key, uint64_t *ret_number);

/* The rest of the line behind `key`, blanks around it gone. */
bool
machine_line(const struct machine *m, const char *path, const char *key, char *text, size_t size);

bool machine_has(const struct machine *m, const char *format, ...) PLX_PRINTF(2, 3);

/*
 * Writes the text into a file that is there, as the kernel's are told something. 0 or -errno: -EROFS without
 * `live` for the real machine, and for a file of the real /sys that a root has inside, so that no test reaches it by mistake.
 */
int
machine_write(const struct machine *m, const char *text, const char *format, ...) PLX_PRINTF(3, 4);

/* access(2) for reading and writing: 0 or -errno. */
int machine_may_use(const struct machine *m, const char *path);

/* The last part of what a symbolic link points at; "" if there is none. Returns text. */
const char *machine_target(const struct machine *m, char *text, size_t size, const char *format,
			   ...) PLX_PRINTF(4, 5);

/* 0 or -errno; an absent folder has no names. names_free in every case. */
int machine_list(const struct machine *m, struct names *ret_names, const char *format, ...)
	PLX_PRINTF(3, 4);
/* The interfaces of this process' network namespace; /sys would list those of whoever mounted it. */
int machine_interfaces(const struct machine *m, struct names *ret_names);
/* True if the interface is in another network namespace, though sysfs shows it: what hangs on it is not to be seen from here. */
bool machine_hides(const struct machine *m, const char *interface);
void names_free(struct names *names);

#endif
