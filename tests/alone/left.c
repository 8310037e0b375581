/* SPDX-License-Identifier: BSD-3-Clause */
#include "alone.h"

#include <ctype.h>
#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PROCESSES 4096
#define OPEN_FOLDERS  32
#define DPDK_KEEPS    "/run/dpdk/" /* its way */

/* -- files: nftw() has no argument for its callback ---------------------------------------------------- */

static struct {
	FILE *out;
	bool empty_folders;
	int count;
} walk;

static int
tell_file(const char *path, const struct stat *st, int type, struct FTW *where)
{
	if (where->level == 0 || strncmp(path, DPDK_KEEPS, strlen(DPDK_KEEPS)) == 0)
		return 0;
	/* What is in a folder was told before it; one that holds a mount is not left either. */
	if (type == FTW_DP && (!walk.empty_folders || rmdir(path) < 0))
		return 0;
	fprintf(walk.out, "left behind: %s\n", path);
	walk.count++;
	return 0;
}

int
files_tell(FILE *out, const char *folder, bool empty_folders)
{
	walk.out = out;
	walk.empty_folders = empty_folders;
	walk.count = 0;
	nftw(folder, tell_file, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	return walk.count;
}

static int
remove_file(const char *path, const struct stat *st, int type, struct FTW *where)
{
	remove(path);
	return 0;
}

void
files_remove(const char *folder)
{
	nftw(folder, remove_file, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* -- processes ----------------------------------------------------------------------------------------- */

struct process {
	pid_t pid, parent;
	char state;
	bool is_below; /* of the one asked about */
};

static size_t
read_text(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	len = fread(text, 1, size - 1, file);
	text[len] = '\0';
	fclose(file);
	return len;
}

/* The name in /proc/PID/stat may have blanks and brackets. */
static bool
read_process(pid_t pid, struct process *process)
{
	char text[512], *behind;
	int parent;

	if (read_text(pid, "stat", text, sizeof(text)) == 0)
		return false;
	behind = strrchr(text, ')');
	if (behind == NULL || sscanf(behind, ") %c %d", &process->state, &parent) != 2)
		return false;
	process->pid = pid;
	process->parent = parent;
	process->is_below = false;
	return true;
}

static size_t
read_processes(struct process *all)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	size_t n = 0;

	if (proc == NULL)
		return 0;
	while (n < MAX_PROCESSES && (entry = readdir(proc)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]))
			n += read_process((pid_t)strtol(entry->d_name, NULL, 10), &all[n]);
	closedir(proc);
	return n;
}

static void
tell_process(FILE *out, const struct process *process)
{
	char words[256], where[64];
	size_t len = read_text(process->pid, "cmdline", words, sizeof(words));

	for (size_t i = 0; i + 1 < len; i++)
		if (words[i] == '\0' || words[i] == '\n')
			words[i] = ' ';
	if (len == 0)
		read_text(process->pid, "comm", words, sizeof(words));
	if (read_text(process->pid, "wchan", where, sizeof(where)) == 0)
		where[0] = '\0';
	fprintf(out, "process %d, state %c %s: %s\n", (int)process->pid, process->state, where,
		words);
}

/* Parents first, be their numbers lower or not: as many rounds as there are generations. */
static void
mark_below(struct process *all, size_t n, pid_t root)
{
	bool is_more = true;

	while (is_more) {
		is_more = false;
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < n && !all[i].is_below; j++)
				if (all[i].parent == root ||
				    (all[j].is_below && all[j].pid == all[i].parent))
					all[i].is_below = is_more = true;
	}
}

int
processes_tell(FILE *out, pid_t root)
{
	static struct process all[MAX_PROCESSES];
	size_t n = read_processes(all);
	int count = 0;

	mark_below(all, n, root);
	for (size_t i = 0; i < n; i++) {
		if (!all[i].is_below || all[i].state == 'Z')
			continue;
		tell_process(out, &all[i]);
		count++;
	}
	return count;
}

void
processes_kill_children(void)
{
	static struct process all[MAX_PROCESSES];
	size_t n = read_processes(all);

	for (size_t i = 0; i < n; i++)
		if (all[i].parent == getpid())
			kill(all[i].pid, SIGKILL);
}
