/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files that shrink while they are mapped. Whoever owns a file without a seal against it can cut it off at any time, and the
 * next byte read behind its end is a SIGBUS. While such a file is mapped, a handler watches: a fault inside a guarded range
 * puts zeroes in place of the whole range, marks it and rings the eventfd of its owner, who sends the peer away. Faults elsewhere go
 * where they went before.
 *
 * The handler reads the table without a lock: an entry is complete before `len` is set, and void once it is 0.
 */
#include "guard_priv.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARDS_MAX 1024

struct guard {
	uintptr_t at;
	size_t len; /* 0: free */
	int fault_fd;
	bool faulted;
};

static struct guard guards[GUARDS_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of who adds and removes */
static unsigned nb_guards;
static struct sigaction before;

static struct guard *
find(uintptr_t address)
{
	for (unsigned i = 0; i < GUARDS_MAX; i++) {
		size_t len = __atomic_load_n(&guards[i].len, __ATOMIC_ACQUIRE);

		if (len > 0 && address - guards[i].at < len)
			return &guards[i];
	}
	return NULL;
}

/* What would have happened without us. */
static void
pass_on(int signo, siginfo_t *info, void *context)
{
	if (before.sa_flags & SA_SIGINFO) {
		before.sa_sigaction(signo, info, context);
	} else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
		before.sa_handler(signo);
	} else {
		/* The instruction is run again and ends the program, as it should. */
		signal(signo, SIG_DFL);
	}
}

static void
on_fault(int signo, siginfo_t *info, void *context)
{
	const int saved = errno;
	const uint64_t one = 1;
	struct guard *guard = find((uintptr_t)info->si_addr);
	ssize_t written;

	if (guard == NULL ||
	    mmap((void *)guard->at, guard->len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED) {
		pass_on(signo, info, context);
		return;
	}
	__atomic_store_n(&guard->faulted, true, __ATOMIC_RELAXED);
	written = write(guard->fault_fd, &one, sizeof(one));
	(void)written; /* an eventfd that is full has been rung */
	errno = saved;
}

static int
watch_faults(void)
{
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	sigemptyset(&action.sa_mask);
	return sigaction(SIGBUS, &action, &before) == 0 ? 0 : -errno;
}

static int
take_free(void *at, size_t len, int fault_fd)
{
	for (int i = 0; i < GUARDS_MAX; i++) {
		if (guards[i].len != 0)
			continue;
		guards[i].at = (uintptr_t)at;
		guards[i].fault_fd = fault_fd;
		guards[i].faulted = false;
		__atomic_store_n(&guards[i].len, len, __ATOMIC_RELEASE);
		nb_guards++;
		return i;
	}
	return -ENOSPC;
}

int
plx_peermem_guard_add(void *at, size_t len, int fault_fd)
{
	int ret = 0;

	pthread_mutex_lock(&lock);
	if (nb_guards == 0)
		ret = watch_faults();
	if (ret == 0)
		ret = take_free(at, len, fault_fd);
	pthread_mutex_unlock(&lock);
	return ret;
}

void
plx_peermem_guard_remove(int guard)
{
	if (guard < 0)
		return;
	pthread_mutex_lock(&lock);
	__atomic_store_n(&guards[guard].len, 0, __ATOMIC_RELEASE);
	if (--nb_guards == 0)
		sigaction(SIGBUS, &before, NULL);
	pthread_mutex_unlock(&lock);
}

bool
plx_peermem_guard_faulted(int guard)
{
	return guard >= 0 && __atomic_load_n(&guards[guard].faulted, __ATOMIC_RELAXED);
}
