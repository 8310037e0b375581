/* SPDX-License-Identifier: BSD-3-Clause */
/* From libpcap's language to a program: the only file that calls libpcap's compiler. */
#include "filter_priv.h"

#include <ctype.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/*
 * pcap_compile names itself reentrant since 1.8, but looks names up by calls that are not in every libc,
 * and bpf_image has a static buffer.
 */
static pthread_mutex_t libpcap_lock = PTHREAD_MUTEX_INITIALIZER;

/* A token that the parser takes nowhere and the scanner complains about in words of its own. */
#define MARKER " 1:2:"

#define QUOTE_MAX 160 /* of a filter's text in an error, whose words come first */

/* Leaves the words of the error, empty if there was none. */
static void
try_to_compile(pcap_t *pcap, const char *text, char words[PCAP_ERRBUF_SIZE])
{
	struct bpf_program program;

	words[0] = '\0';
	if (pcap_compile(pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) == 0)
		pcap_freecode(&program);
	else
		snprintf(words, PCAP_ERRBUF_SIZE, "%s", pcap_geterr(pcap));
}

static bool
is_syntax_error(const char *words)
{
	return strstr(words, "syntax error") != NULL;
}

/*
 * True if the parser takes the first `len` characters as the beginning of some filter: it then asks for
 * another token, and the scanner stumbles over the marker. What is unknown by name (a host, a port) may be
 * cut off in the middle of the name here, and says nothing about the syntax.
 */
static bool
begins_well(pcap_t *pcap, const char *text, size_t len, char *scratch)
{
	char words[PCAP_ERRBUF_SIZE];

	memcpy(scratch, text, len);
	memcpy(scratch + len, MARKER, sizeof(MARKER));
	try_to_compile(pcap, scratch, words);
	return !is_syntax_error(words);
}

/* True if the first `len` characters alone are refused with these words. */
static bool
fails_with(pcap_t *pcap, const char *text, size_t len, const char *words, char *scratch)
{
	char found[PCAP_ERRBUF_SIZE];

	memcpy(scratch, text, len);
	scratch[len] = '\0';
	try_to_compile(pcap, scratch, found);
	return strcmp(found, words) == 0;
}

static size_t
token_end(const char *text, size_t at)
{
	static const char operators[] = "<>=!&|";

	while (isspace((unsigned char)text[at]))
		at++;
	if (text[at] == '\0')
		return at;
	if (strchr(operators, text[at]) != NULL)
		return at + strspn(text + at, operators);
	if (strchr("()[]+-*/%^", text[at]) != NULL)
		return at + 1;
	return at + strcspn(text + at, "()[]<>=!&|+*/%^ \t\r\n\f\v");
}

#define SPACE " \t\r\n\f\v"

/*
 * Where the first token begins and ends with which the parser, or else these words of libpcap's, refuse the
 * text. Both are the length of the text if no token is wrong.
 */
static void
find_bad_token(pcap_t *pcap, const char *text, const char *words, char *scratch, size_t *ret_begin,
	       size_t *ret_end)
{
	bool syntax = is_syntax_error(words);
	size_t good = 0;

	while (text[good] != '\0') {
		size_t end = token_end(text, good);

		*ret_begin = good + strspn(text + good, SPACE);
		*ret_end = end;
		if (syntax ? !begins_well(pcap, text, end, scratch)
			   : fails_with(pcap, text, end, words, scratch))
			return;
		good = end;
	}
	*ret_begin = *ret_end = strlen(text);
}

/* -ENOENT if the words are about no place. */
static int
find_place(pcap_t *pcap, const char *text, const char *words, size_t *ret_begin, size_t *ret_end)
{
	char *scratch;

	if (words[0] == '\0' || strstr(words, "rejects all packets") != NULL)
		return -ENOENT;
	scratch = malloc(strlen(text) + sizeof(MARKER));
	if (scratch == NULL)
		return -ENOMEM;
	find_bad_token(pcap, text, words, scratch, ret_begin, ret_end);
	free(scratch);
	return 0;
}

int
plx_filter_place(const char *text, size_t *ret_begin, size_t *ret_end)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, PLX_FILTER_SNAPLEN);
	char words[PCAP_ERRBUF_SIZE];
	int err;

	if (pcap == NULL)
		return -ENOMEM;
	pthread_mutex_lock(&libpcap_lock);
	try_to_compile(pcap, text, words);
	err = find_place(pcap, text, words, ret_begin, ret_end);
	pthread_mutex_unlock(&libpcap_lock);
	pcap_close(pcap);
	return err;
}

static int
explain(pcap_t *pcap, const char *text, struct plx_why *why)
{
	char words[PCAP_ERRBUF_SIZE];
	size_t begin, end;

	snprintf(words, sizeof(words), "%s", pcap_geterr(pcap));
	if (!is_syntax_error(words) || find_place(pcap, text, words, &begin, &end) != 0)
		return plx_why(why, -EINVAL, "%s, in the filter \"%.*s\"", words, QUOTE_MAX, text);
	if (text[begin] == '\0')
		return plx_why(why, -EINVAL, "%s: it ends too early, in the filter \"%.*s\"", words,
			       QUOTE_MAX, text);
	return plx_why(why, -EINVAL, "%s at \"%.*s\" (character %zu), in the filter \"%.*s\"",
		       words, (int)(end - begin), text + begin, begin + 1, QUOTE_MAX, text);
}

static int
compile_locked(pcap_t *pcap, const char *text, struct bpf_program *program, struct plx_why *why)
{
	int err = 0;

	pthread_mutex_lock(&libpcap_lock);
	if (pcap_compile(pcap, program, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
		err = explain(pcap, text, why);
	pthread_mutex_unlock(&libpcap_lock);
	return err;
}

int
plx_filter_compile(const char *text, uint32_t snaplen, struct plx_filter **ret_filter,
		   struct plx_why *why)
{
	struct bpf_program program;
	pcap_t *pcap;
	int err;

	if (snaplen == 0 || snaplen > INT32_MAX)
		return plx_why(why, -EINVAL, "snaplen %u is not in 1 .. %d", snaplen, INT32_MAX);
	pcap = pcap_open_dead(DLT_EN10MB, (int)snaplen);
	if (pcap == NULL)
		return plx_why(why, -ENOMEM, "no memory to compile a filter");
	err = compile_locked(pcap, text != NULL ? text : "", &program, why);
	if (err != 0)
		goto close_pcap;
	if (program.bf_len > PLX_FILTER_INSNS_MAX)
		err = plx_why(why, -E2BIG, "the filter compiles to %u instructions, more than %u",
			      program.bf_len, PLX_FILTER_INSNS_MAX);
	else
		err = plx_filter_create((const struct plx_filter_insn *)program.bf_insns,
					program.bf_len, ret_filter, why);
	pcap_freecode(&program);
close_pcap:
	pcap_close(pcap);
	return err;
}

int
plx_filter_print(const struct plx_filter *filter, unsigned i, char *buf, size_t size)
{
	const struct bpf_insn *insn;
	size_t len, copied;
	const char *image;

	if (i >= filter->n)
		return 0;
	insn = (const struct bpf_insn *)&filter->insns[i];
	pthread_mutex_lock(&libpcap_lock);
	image = bpf_image(insn, (int)i);
	len = strlen(image);
	copied = len < size ? len : size - 1;
	if (size > 0) {
		memcpy(buf, image, copied);
		buf[copied] = '\0';
	}
	pthread_mutex_unlock(&libpcap_lock);
	return (int)len;
}
