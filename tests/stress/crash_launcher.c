/* SPDX-License-Identifier: BSD-3-Clause */
/* Forks slaves, kills them and counts. It never had an EAL, so that a fork costs little. */
#include "crash.h"
#include "plx_cluster_slave.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIFE_MS	 25  /* at most */
#define POINT_MS 500 /* of who has to come to a point, which takes as long as it takes */

struct crash_page *crash_page;

void
crash_fail(const char *format, ...)
{
	char text[sizeof(crash_page->failure)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (__atomic_exchange_n(&crash_page->failed, 1, __ATOMIC_ACQ_REL) == 0)
		memcpy(crash_page->failure, text, sizeof(text)); /* unless killed here */
}

bool
crash_failed(void)
{
	return __atomic_load_n(&crash_page->failed, __ATOMIC_ACQUIRE) != 0;
}

uint32_t
crash_dice(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

uint64_t
crash_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void
nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

struct victim {
	pid_t pid;
	uint64_t until_ms;
};

/* 0 in the child, which ends with its parent. */
static pid_t
spawn(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
	}
	if (pid < 0)
		crash_fail("fork: %s", strerror(errno));
	return pid;
}

static void
begin(struct victim *victim, const struct crash_phase *phase, uint32_t i, uint64_t *seed)
{
	uint64_t own = *seed += 2 * i + 1;

	bool at_point = phase->role == CRASH_HONEST && crash_dice(seed) % 2 == 0;

	victim->until_ms = crash_now_ms() + (at_point ? POINT_MS : crash_dice(seed) % LIFE_MS);
	victim->pid = spawn();
	if (victim->pid != 0)
		return;
	if (phase->role == CRASH_HOSTILE)
		crash_be_hostile(CRASH_SURVIVORS + i, phase->writable, own);
	else
		crash_be_victim(CRASH_SURVIVORS + i, phase->writable, at_point, own);
	_exit(0);
}

/* A death is by SIGKILL, ours or its own; liars also end when they are sent away. */
static void
note_death(const struct crash_phase *phase, int status)
{
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;

	if (!killed && !(phase->role == CRASH_HOSTILE && WIFEXITED(status)))
		crash_fail("a slave ended with status 0x%x", (unsigned)status);
	__atomic_fetch_add(&crash_page->deaths, 1, __ATOMIC_RELEASE);
}

static void
reap(struct victim *victims, const struct crash_phase *phase)
{
	for (uint32_t i = 0; i < CRASH_VICTIMS; i++) {
		struct victim *victim = &victims[i];
		int status;

		if (victim->pid <= 0 || waitpid(victim->pid, &status, WNOHANG) != victim->pid)
			continue;
		victim->pid = 0;
		note_death(phase, status);
	}
}

static void
end_all(struct victim *victims)
{
	for (uint32_t i = 0; i < CRASH_VICTIMS; i++) {
		if (victims[i].pid <= 0)
			continue;
		kill(victims[i].pid, SIGKILL);
		waitpid(victims[i].pid, NULL, 0);
	}
	__atomic_store_n(&crash_page->victims_over, 1, __ATOMIC_RELEASE);
}

static void
hunt(const struct crash_phase *phase, uint64_t *seed)
{
	struct victim victims[CRASH_VICTIMS] = {{0}};

	while (__atomic_load_n(&crash_page->deaths, __ATOMIC_RELAXED) < phase->deaths &&
	       !crash_failed()) {
		for (uint32_t i = 0; i < CRASH_VICTIMS; i++) {
			if (victims[i].pid == 0)
				begin(&victims[i], phase, i, seed);
			else if (crash_now_ms() >= victims[i].until_ms)
				kill(victims[i].pid, SIGKILL);
		}
		nap();
		reap(victims, phase);
	}
	end_all(victims);
}

static void
wait_for_survivors(const pid_t *pids)
{
	for (uint32_t i = 0; i < CRASH_SURVIVORS; i++) {
		int status;

		if (waitpid(pids[i], &status, 0) == pids[i] &&
		    !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
			crash_fail("survivor %u ended with status 0x%x", i, (unsigned)status);
	}
}

static void
run_hunt(const struct crash_phase *phase, uint64_t *seed)
{
	pid_t survivors[CRASH_SURVIVORS];

	for (uint32_t i = 0; i < CRASH_SURVIVORS; i++) {
		survivors[i] = spawn();
		if (survivors[i] == 0) {
			crash_survive(i, *seed + i);
			_exit(0);
		}
	}
	while (__atomic_load_n(&crash_page->attached, __ATOMIC_ACQUIRE) < CRASH_SURVIVORS &&
	       !crash_failed())
		nap();
	__atomic_store_n(&crash_page->ready, 1, __ATOMIC_RELEASE);
	hunt(phase, seed);
	if (!crash_failed())
		wait_for_survivors(survivors);
}

/* 64, and one more that is told so; then they die together. */
static void
run_crowd(uint64_t *seed)
{
	pid_t crowd[PLX_CLUSTER_PLACES_MAX];
	struct plx_cluster_slave *slave;
	struct plx_why why = {""};
	int ret;

	for (uint32_t i = 0; i < PLX_CLUSTER_PLACES_MAX; i++) {
		crowd[i] = spawn();
		if (crowd[i] == 0) {
			crash_crowd(*seed + i);
			_exit(0);
		}
	}
	while (__atomic_load_n(&crash_page->attached, __ATOMIC_ACQUIRE) < PLX_CLUSTER_PLACES_MAX &&
	       !crash_failed())
		nap();
	do
		ret = plx_cluster_attach("cluster:10", NULL, &slave, &why);
	while (ret == -ETIMEDOUT && !crash_failed());
	if (!crash_failed() && ret != -ENOSPC)
		crash_fail("the 65th slave: %d %s", ret, why.text);
	__atomic_store_n(&crash_page->ready, 1, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < 200; i++)
		nap();
	for (uint32_t i = 0; i < PLX_CLUSTER_PLACES_MAX; i++) {
		kill(crowd[i], SIGKILL);
		waitpid(crowd[i], NULL, 0);
		__atomic_fetch_add(&crash_page->deaths, 1, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&crash_page->victims_over, 1, __ATOMIC_RELEASE);
}

static void
serve(const struct crash_phase *phases, int fd, uint64_t seed)
{
	uint32_t i;

	while (read(fd, &i, sizeof(i)) == sizeof(i)) {
		if (phases[i].role == CRASH_CROWD)
			run_crowd(&seed);
		else
			run_hunt(&phases[i], &seed);
		__atomic_store_n(&crash_page->over, 1, __ATOMIC_RELEASE);
	}
}

int
crash_launch(const struct crash_phase *phases, uint64_t seed)
{
	int pipe_fds[2];
	pid_t pid;

	crash_page = mmap(NULL, sizeof(*crash_page), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (crash_page == MAP_FAILED || pipe(pipe_fds) != 0)
		return -1;
	pid = spawn();
	if (pid == 0) {
		close(pipe_fds[1]);
		serve(phases, pipe_fds[0], seed);
		_exit(0);
	}
	close(pipe_fds[0]);
	return pid > 0 ? pipe_fds[1] : -1;
}
