/* SPDX-License-Identifier: BSD-3-Clause */
#include "finished.h"

#include <stdlib.h>
#include <string.h>

void
finished_add(struct finished *list, const struct plx_pcapfile_finished *file)
{
	size_t size = strlen(file->path) + 1;
	struct finished_file *f = malloc(sizeof(*f) + size);

	if (f == NULL) {
		list->forgotten++;
		return;
	}
	f->next = NULL;
	f->packets = file->packets;
	f->bytes = file->bytes;
	memcpy(f->path, file->path, size);
	if (list->newest != NULL)
		list->newest->next = f;
	else
		list->oldest = f;
	list->newest = f;
}

/* It is the oldest, as a rule. */
void
finished_drop(struct finished *list, const char *path)
{
	struct finished_file *before = NULL, *f = list->oldest;

	while (f != NULL && strcmp(f->path, path) != 0) {
		before = f;
		f = f->next;
	}
	if (f == NULL)
		return;
	if (before != NULL)
		before->next = f->next;
	else
		list->oldest = f->next;
	if (list->newest == f)
		list->newest = before;
	free(f);
}

void
finished_fini(struct finished *list)
{
	while (list->oldest != NULL) {
		struct finished_file *f = list->oldest;

		list->oldest = f->next;
		free(f);
	}
	list->newest = NULL;
}
