/* SPDX-License-Identifier: BSD-3-Clause */
#include "ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pollux/plx_door_client.h>

static int
judge(const char *path, const char *text, json_t **ret_result, struct plx_why *why)
{
	json_t *answer = json_loads(text, 0, NULL);
	json_t *result = json_object_get(answer, "result");
	const char *error = json_string_value(json_object_get(answer, "error"));
	int ret = 0;

	if (result != NULL)
		*ret_result = json_incref(result);
	else if (error != NULL)
		ret = plx_why(why, -EINVAL, "%s", error);
	else
		ret = plx_why(why, -EPROTO, "%s: the answer is no JSON with a result or an error",
			      path);
	json_decref(answer);
	return ret;
}

int
ask(const char *path, const char *command, uint64_t timeout_ns, json_t **ret_result,
    struct plx_why *why)
{
	json_t *request = json_pack("{s:s}", "command", command);
	char *text = request != NULL ? json_dumps(request, JSON_COMPACT) : NULL;
	struct plx_door_answer answer;
	int ret;

	*ret_result = NULL;
	json_decref(request);
	if (text == NULL)
		return plx_why(why, -EINVAL, "the command is no UTF-8");
	ret = plx_door_call(path, text, (int)(timeout_ns / 1000000), &answer, why);
	free(text);
	if (ret != 0)
		return ret;
	ret = judge(path, answer.text, ret_result, why);
	plx_door_answer_free(&answer);
	return ret;
}

char *
ask_join(char *const *words, int n)
{
	size_t size = 1, used = 0;
	char *line;

	for (int i = 0; i < n; i++)
		size += strlen(words[i]) + 1;
	line = calloc(1, size);
	for (int i = 0; line != NULL && i < n; i++)
		used += (size_t)snprintf(line + used, size - used, "%s%s", i > 0 ? " " : "",
					 words[i]);
	return line;
}
