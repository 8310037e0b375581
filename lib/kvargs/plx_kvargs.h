/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "name,key=value,key=value": the arguments of a device. A driver declares its keys once, as a table of
 * typed fields with ranges, and gets a filled struct or a sentence that says which key is wrong and what
 * would be right. Values may be quoted by [..] (which may nest) or '..' to hold commas; quotes count at the
 * beginning of a value only, elsewhere they are characters like others.
 * Thread: any; nothing is kept between calls. Path: slow. */
#ifndef PLX_LIB_KVARGS_PLX_KVARGS_H
#define PLX_LIB_KVARGS_PLX_KVARGS_H

#include "plx_base.h"

PLX_BEGIN_DECLS

enum plx_kvargs_type {
	PLX_KVARGS_BOOL,   /* bool: 0 1 n y no yes off on false true; a bare key means true */
	PLX_KVARGS_UINT,   /* uint64_t in [min, max]; 0x and K M G suffixes (powers of 1024) */
	PLX_KVARGS_STRING, /* char[max]: 1 .. max - 1 characters */
	PLX_KVARGS_MAC,	   /* uint8_t[6]: of one port, no group's */
	PLX_KVARGS_CHOICE, /* int: the index of the value in choices[] */
	PLX_KVARGS_LIST, /* struct plx_kvargs_list: key=a,key=b or key=[a,b]; replaces the default */
};

#define PLX_KVARGS_LIST_MAX   16
#define PLX_KVARGS_STRING_MAX 256

struct plx_kvargs_list {
	unsigned n;
	char item[PLX_KVARGS_LIST_MAX][PLX_KVARGS_STRING_MAX];
};

struct plx_kvargs_field {
	const char *key; /* letters, digits and _ . - ; at most 64 keys a table */
	enum plx_kvargs_type type;
	size_t offset; /* of the field in the struct that is filled */
	uint64_t min, max;
	const char *const *choices; /* NULL-terminated */
	const char *help;	    /* one line, shown by usage texts */
	bool required;
};

/*
 * Parses `args` (without the device name; NULL or "" is none) by the table, which ends with a field of
 * NULL key. `out` holds the defaults already; keys that are not given leave it alone. An unknown key, a
 * key given twice (but a LIST), a missing required key, a value out of range or unbalanced quotes are
 * -EINVAL with a sentence naming the key, what was found and what is allowed; `out` is then unspecified.
 * Thread: any. Path: slow.
 */
int plx_kvargs_parse(const char *args, const struct plx_kvargs_field *fields, void *out,
		     struct plx_why *why);

/*
 * Splits "name,rest" at the first comma: copies the name and points *ret_args behind the comma (at "" when
 * there is none). -EINVAL if the name is empty, longer than size - 1 or has characters other than
 * [A-Za-z0-9_:.-], behind a colon also of a path: /.
 */
int plx_kvargs_split(const char *devargs, char *name, size_t size, const char **ret_args,
		     struct plx_why *why);

/* The one reader of numbers in options and devargs: like UINT above. -EINVAL, -ERANGE. */
int plx_kvargs_uint(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value);

/* "aa:bb:cc:dd:ee:ff" in either case. -EINVAL. */
int plx_kvargs_mac(const char *text, uint8_t ret_mac[6]);

/*
 * For "did you mean": the one of `words` (NULL at the end) that is spelled most like `word`, or NULL if
 * none is near, which is when more than a third of its letters differ.
 */
const char *plx_kvargs_nearest(const char *word, const char *const *words);

PLX_END_DECLS

#endif
