/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Catching signals. A handler rather than a signalfd: that would need the signal blocked in every thread
 * of the program, and threads that the application made would still die of it.
 */
#include "signal_priv.h"

#include "plx_lcore.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static struct {
	bool caught[_NSIG];
	struct sigaction before[_NSIG];
	/* Noted by the handler, which may run in any thread; no other data goes with it. */
	atomic_bool came[_NSIG];
	atomic_int wake_fd;
	sigset_t blocked_in_main; /* by us */
} signals;

static void
handler(int signo)
{
	int saved = errno;
	uint64_t one = 1;
	ssize_t written;

	atomic_store(&signals.came[signo], true);
	/* Fails only if the counter is full, and then the loop wakes anyway. */
	written = write(atomic_load(&signals.wake_fd), &one, sizeof(one));
	(void)written;
	errno = saved;
}

bool
plx_signal_possible(int signo)
{
	static const int never[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

	if (signo < 1 || signo >= _NSIG || (signo >= 32 && signo < SIGRTMIN))
		return false;
	for (unsigned i = 0; i < PLX_ARRAY_LEN(never); i++)
		if (signo == never[i])
			return false;
	return true;
}

/* The main lcore polls; its system calls need not be interrupted. */
static void
block_in_main(int signo)
{
	sigset_t one, before;

	if (plx_lcore_self == PLX_LCORE_NONE || plx_lcore_self != plx_lcore_main())
		return;
	sigemptyset(&one);
	sigaddset(&one, signo);
	pthread_sigmask(SIG_BLOCK, &one, &before);
	if (!sigismember(&before, signo))
		sigaddset(&signals.blocked_in_main, signo);
}

int
plx_signal_catch(int signo, int wake_fd)
{
	struct sigaction action;

	atomic_store(&signals.wake_fd, wake_fd);
	atomic_store(&signals.came[signo], false);
	memset(&action, 0, sizeof(action));
	action.sa_handler = handler;
	action.sa_flags = SA_RESTART;
	sigfillset(&action.sa_mask);
	if (sigaction(signo, &action, &signals.before[signo]) != 0)
		return -errno;
	signals.caught[signo] = true;
	block_in_main(signo);
	return 0;
}

void
plx_signal_release(int signo)
{
	sigaction(signo, &signals.before[signo], NULL);
	signals.caught[signo] = false;
	if (plx_lcore_self != PLX_LCORE_NONE && plx_lcore_self == plx_lcore_main() &&
	    sigismember(&signals.blocked_in_main, signo)) {
		sigset_t one;

		sigemptyset(&one);
		sigaddset(&one, signo);
		sigdelset(&signals.blocked_in_main, signo);
		pthread_sigmask(SIG_UNBLOCK, &one, NULL);
	}
}

void
plx_signal_unblock_main(void)
{
	pthread_sigmask(SIG_UNBLOCK, &signals.blocked_in_main, NULL);
	sigemptyset(&signals.blocked_in_main);
}

bool
plx_signal_take(int signo)
{
	return atomic_exchange(&signals.came[signo], false);
}

void
plx_signal_accept(void)
{
	sigset_t mask;

	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	for (int signo = 1; signo < _NSIG; signo++) {
		if (!plx_signal_possible(signo))
			continue;
		/* The former disposition must work too, though the main lcore cannot take it. */
		if (signals.caught[signo] || sigismember(&signals.blocked_in_main, signo))
			sigdelset(&mask, signo);
		else
			sigaddset(&mask, signo);
	}
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
}
