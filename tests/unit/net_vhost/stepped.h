/* SPDX-License-Identifier: BSD-3-Clause */
/* A child that is run instruction by instruction, and can be killed after any. */
#ifndef PLX_TESTS_UNIT_NET_VHOST_STEPPED_H
#define PLX_TESTS_UNIT_NET_VHOST_STEPPED_H

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* It stands before the first instruction of `what`. */
static inline pid_t
stepped_start(void (*what)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			_exit(2);
		raise(SIGSTOP);
		what();
		raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(WSTOPSIG(status), SIGSTOP);
	return pid;
}

/* An instruction on. False: `what` is over. */
static inline bool
stepped_on(pid_t pid)
{
	int status;

	assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
	return WSTOPSIG(status) != SIGSTOP;
}

static inline void
stepped_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#endif
