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
#define MARKER	     " 1:2:"
#define MARKER_ERROR "bogus ethernet address"

#define QUOTE_MAX 160 /* of a filter's text in an error, whose words come first */

static bool
fails_with(pcap_t *pcap, const char *text, const char *words)
{
	struct bpf_program program;

	if (pcap_compile(pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) == 0) {
		pcap_freecode(&program);
		return false;
	}
	return strstr(pcap_geterr(pcap), words) != NULL;
}

/*
 * True if the parser takes the first `len` characters as the beginning of some filter: it then asks for
 * another token, and the scanner stumbles over the marker.
 */
static bool
begins_well(pcap_t *pcap, const char *text, size_t len, char *scratch)
{
	memcpy(scratch, text, len);
	memcpy(scratch + len, MARKER, sizeof(MARKER));
	return fails_with(pcap, scratch, MARKER_ERROR);
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

/* Where the first token begins and ends that no filter has in this place; *ret_end is 0 if none does. */
static void
find_bad_token(pcap_t *pcap, const char *text, char *scratch, size_t *ret_begin, size_t *ret_end)
{
	size_t good = 0;

	*ret_end = 0;
	while (text[good] != '\0') {
		size_t end = token_end(text, good);

		if (!begins_well(pcap, text, end, scratch)) {
			*ret_begin = good + strspn(text + good, " \t\r\n\f\v");
			*ret_end = end;
			return;
		}
		good = end;
	}
}

static int
explain(pcap_t *pcap, const char *text, struct plx_why *why)
{
	size_t begin = 0, end = 0;
	char words[PCAP_ERRBUF_SIZE];
	char *scratch;

	strncpy(words, pcap_geterr(pcap), sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	if (strstr(words, "syntax error") == NULL)
		return plx_why(why, -EINVAL, "%s, in the filter \"%.*s\"", words, QUOTE_MAX, text);
	scratch = malloc(strlen(text) + sizeof(MARKER));
	if (scratch != NULL)
		find_bad_token(pcap, text, scratch, &begin, &end);
	free(scratch);
	if (end == 0)
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
