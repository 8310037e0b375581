/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a polling loop does when there is nothing to do: poll on, yield the CPU, or sleep until a port's fd
 * becomes readable. One switch of the program (--idle poll|yield|sleep) with this as its only home; the
 * default is yield when lcores share CPUs, else poll.
 *
 * A loop keeps one struct plx_idle and tells it after each round how much it did:
 *
 *	plx_idle_init(&idle);
 *	while (!stop)
 *		plx_idle_round(&idle, forward_once());
 * Thread: the one whose loop it is, unless a function says otherwise. Path: slow, unless a function says otherwise. */
#ifndef PLX_EAL_PLX_IDLE_H
#define PLX_EAL_PLX_IDLE_H

#include "plx_base.h"

PLX_BEGIN_DECLS

enum plx_idle_policy {
	PLX_IDLE_POLL,
	PLX_IDLE_YIELD,
	PLX_IDLE_SLEEP,
};

#define PLX_IDLE_FDS_MAX 64

/* One loop's state. Private fields; in the header so that it may live on a stack. */
struct plx_idle {
	enum plx_idle_policy policy;
	uint32_t empty; /* rounds without work in a row */
	uint32_t nb_fds;
	bool blind; /* a source has no fd: sleep only briefly */
	int fd[PLX_IDLE_FDS_MAX];
	uint64_t slept_ns;
};

/* The policy of this program, poll unless set. Thread: any. Path: slow. */
enum plx_idle_policy plx_idle_policy(void);
void plx_idle_set_policy(enum plx_idle_policy policy);

/* Starts with the program's policy and nothing to wait for. */
void plx_idle_init(struct plx_idle *idle);

/*
 * Adds an fd that turns readable when there is work, or -1 for a source that cannot wait (the loop then
 * sleeps in steps of 100 us). -ENOSPC beyond PLX_IDLE_FDS_MAX: counts as a source without fd.
 */
int plx_idle_add_fd(struct plx_idle *idle, int fd);

/* Private to the inline: waits as the policy says. Never longer than 10 ms, so that stop flags are seen. */
void plx_idle_wait(struct plx_idle *idle);

/* Call once a round with the number of things done in it. Path: hot. */
static inline void
plx_idle_round(struct plx_idle *idle, unsigned done)
{
	if (PLX_LIKELY(done != 0)) {
		idle->empty = 0;
		return;
	}
	idle->empty++;
	if (idle->policy == PLX_IDLE_POLL)
		plx_pause();
	else
		plx_idle_wait(idle);
}

PLX_END_DECLS

#endif
