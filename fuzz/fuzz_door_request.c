/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a peer's request: refused with a sentence, or parsed to texts that lie within it. Its line, put into an answer, can be
 * read again, and is the same.
 */
#include "door_priv.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool condition)
{
	if (!condition)
		abort();
}

/* A text of the request, with its end. */
static void
check_text(const struct plx_door_request *request, const char *text)
{
	const char *end = request->text + request->used;

	must(text >= request->text && text < end &&
	     memchr(text, '\0', (size_t)(end - text)) != NULL);
}

static void
check_parsed(const struct plx_door_request *request)
{
	must(request->used <= sizeof(request->text));
	must(request->nb_words >= 1 && request->nb_words <= DOOR_WORDS_MAX);
	must(request->nb_values >= 1 && request->nb_values <= DOOR_VALUES_MAX);
	check_text(request, request->line);
	for (unsigned i = 0; i < request->nb_words; i++) {
		check_text(request, request->words[i]);
		must(request->words[i][strcspn(request->words[i], " \t\r\n")] == '\0' &&
		     request->words[i][0] != '\0');
	}
	for (unsigned i = 0; i < request->nb_values; i++) {
		check_text(request, request->values[i].name);
		check_text(request, request->values[i].text);
		must(plx_door_request_value(request, request->values[i].name) ==
		     request->values[i].text);
	}
	must(plx_door_request_word(request, request->nb_words - 1) == NULL);
}

/* As UTF-8 it comes through whole; what is none became '?', one for each byte. */
static void
read_again(const char *line)
{
	static struct plx_door_request again;
	struct plx_door_reply reply = {0};
	struct plx_why why = {"no"};
	char *message = door_reply_message(&reply, line, -1, &why);

	must(message != NULL);
	if (strlen(message) <= PLX_DOOR_REQUEST_MAX) {
		must(door_request_parse(&again, message, strlen(message), NULL) == 0);
		must(strlen(again.line) == strlen(line));
		for (size_t i = 0; line[i] != '\0'; i++) {
			must(again.line[i] == line[i] ||
			     (again.line[i] == '?' && (line[i] & 0x80)));
		}
		must(strcmp(plx_door_request_value(&again, "error"), "no") == 0);
	}
	free(message);
	door_reply_fini(&reply);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct plx_door_request request;
	struct plx_why why = {""};
	char *copy = malloc(size > 0 ? size : 1); /* of its own size: reading behind it is seen */
	uint64_t number = 0;
	int ret;

	must(copy != NULL);
	memcpy(copy, data, size);
	ret = door_request_parse(&request, copy, size, &why);
	free(copy);
	must(ret == 0 || why.text[0] != '\0');
	if (ret != 0)
		return 0;
	must(size <= PLX_DOOR_REQUEST_MAX);
	check_parsed(&request);
	if (plx_door_request_number(&request, 0, "port", 31, &number, &why) == 0)
		must(number <= 31);
	read_again(request.line);
	return 0;
}
