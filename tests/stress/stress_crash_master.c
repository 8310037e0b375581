/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Masters that want the same id at once, of which one gets it; and masters that are killed, one after the other: their slaves
 * miss no packet until then, read what is in their queues, are told of the end and attach to the next one, whose id nobody has any
 * more. Nothing stays behind.
 */
#include "crash_rig.h"
#include "patience.h"
#include "plx_cluster_slave.h"
#include "plx_door_client.h"
#include "own.h"

#include <errno.h>
#include <sched.h>
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

#define MASTERS	 20
#define RIVALS	 3
#define RACES	 10
#define SLAVES	 3
#define SEEN_MIN 500 /* packets of each master, by each slave */
#define LIMIT_MS PATIENCE_MS
#define NAPS	 (LIMIT_MS * 5)

static struct page {
	uint32_t seen[SLAVES]; /* of this master's packets */
	uint32_t ended[SLAVES];
	uint32_t ready, opened, refused; /* of those that come at once */
	uint32_t stop, failed;
	char failure[600];
} * page;

static void fail(const char *format, ...) PLX_PRINTF(1, 2);

static void
fail(const char *format, ...)
{
	va_list args;

	if (__atomic_exchange_n(&page->failed, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	va_start(args, format);
	vsnprintf(page->failure, sizeof(page->failure), format, args);
	va_end(args);
}

static uint32_t
look(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void
nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

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
	return pid;
}

/* -- masters ------------------------------------------------------------------------------------------- */

static bool
make_cluster(struct plx_why *why)
{
	struct plx_cluster_params params = {
		.id = 10,
		.rx_ports = &crash_rig.near[0],
		.nb_rx_ports = 1,
		.places = SLAVES,
		.queue_len = 128,
		.overflow = PLX_CLUSTER_PRESSURE,
		.spread = {.mode = PLX_CLUSTER_FANOUT},
	};

	if (crash_rig_open(why) < 0)
		return false;
	params.pool = crash_rig.pool;
	return plx_cluster_create(&params, &crash_rig.cluster, why) == 0;
}

static void
be_master(void)
{
	struct plx_why why = {""};

	int ret = -1;

	if (make_cluster(&why))
		WAIT_UNTIL((ret = plx_cluster_open(crash_rig.cluster, &why)) != -ETIMEDOUT);
	if (ret < 0) {
		fail("%s", why.text);
		return;
	}
	while (!look(&page->failed))
		crash_rig_turn(true);
}

/* Two want the same id at the same moment. */
static void
be_rival(void)
{
	struct plx_why why = {""};
	int ret = -ETIMEDOUT;

	if (!make_cluster(&why)) {
		fail("%s", why.text);
		return;
	}
	__atomic_fetch_add(&page->ready, 1, __ATOMIC_ACQ_REL);
	while (look(&page->ready) < RIVALS)
		sched_yield();
	WAIT_UNTIL((ret = plx_cluster_open(crash_rig.cluster, &why)) != -ETIMEDOUT);
	if (ret != 0 && ret != -EADDRINUSE)
		fail("a rival: %d %s", ret, why.text);
	__atomic_fetch_add(ret == 0 ? &page->opened : &page->refused, 1, __ATOMIC_ACQ_REL);
	while (!look(&page->failed))
		nap();
}

/* -- slaves -------------------------------------------------------------------------------------------- */

/* NULL when it is to stop. */
static struct plx_cluster_slave *
attach(uint32_t i)
{
	struct plx_cluster_slave_params params = {
		.place = PLX_CLUSTER_PLACE_ANY,
		.flags = i % 2 != 0 ? PLX_CLUSTER_SLAVE_PASSIVE : 0,
	};
	struct plx_cluster_slave *slave;
	struct plx_why why = {""};
	int ret = 0;

	for (uint32_t n = 0; n < NAPS && !look(&page->stop); n++) {
		ret = plx_cluster_attach("cluster:10", &params, &slave, &why);
		if (ret == 0)
			return slave;
		if (ret != -ENOENT && ret != -ECONNREFUSED && ret != -ECONNRESET &&
		    ret != -ETIMEDOUT)
			break;
		nap();
	}
	if (!look(&page->stop))
		fail("slave %u: %d %s", i, ret, why.text);
	return NULL;
}

static uint32_t
number_of(const struct plx_cluster_slave *slave, const struct plx_cluster_desc *desc)
{
	uint32_t words[2];

	memcpy(words, plx_cluster_data(slave, desc) + CRASH_FRAME - sizeof(words), sizeof(words));
	if (desc->len != CRASH_FRAME || words[0] != ~words[1])
		fail("a packet that nobody sent");
	return words[0];
}

/* Until the master's end, and the end of the queue. */
static void
drink(struct plx_cluster_slave *slave, uint32_t i)
{
	const struct plx_cluster_desc *desc;
	uint32_t next = 0;
	bool first = true;
	int ret;

	while ((ret = plx_cluster_wait(slave, LIMIT_MS)) == 1) {
		uint32_t n = plx_cluster_peek(slave, &desc, PLX_CLUSTER_BURST);

		for (uint32_t k = 0; k < n; k++) {
			uint32_t number = number_of(slave, &desc[k]);

			if (!first && number != next)
				fail("slave %u missed packets %u to %u", i, next, number);
			next = number + 1;
			first = false;
		}
		plx_cluster_done(slave, n);
		__atomic_fetch_add(&page->seen[i], n, __ATOMIC_RELEASE);
	}
	if (ret != -EPIPE || !plx_cluster_ended(slave) || plx_cluster_peek(slave, &desc, 1) != 0)
		fail("slave %u was not told of its master's end: %d", i, ret);
}

static void
be_slave(uint32_t i)
{
	struct plx_cluster_slave *slave;

	while (!look(&page->failed) && (slave = attach(i)) != NULL) {
		drink(slave, i);
		plx_cluster_leave(slave);
		__atomic_fetch_add(&page->ended[i], 1, __ATOMIC_RELEASE);
	}
}

/* -- all ----------------------------------------------------------------------------------------------- */

static bool
all_reach(const uint32_t *words, uint32_t least)
{
	for (uint32_t i = 0; i < SLAVES; i++)
		if (look(&words[i]) < least)
			return false;
	return true;
}

static void
wait_for(const uint32_t *words, uint32_t least, const char *what, uint32_t round)
{
	for (uint32_t n = 0; n < NAPS && !look(&page->failed); n++) {
		if (all_reach(words, least))
			return;
		nap();
	}
	fail("master %u: %s: %u, %u, %u", round, what, words[0], words[1], words[2]);
}

static void
run_master(uint32_t round)
{
	pid_t pid;

	memset(page->seen, 0, sizeof(page->seen));
	pid = spawn();
	if (pid == 0) {
		be_master();
		_exit(1);
	}
	wait_for(page->seen, SEEN_MIN, "packets seen", round);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* Every second one comes before the slaves have noticed. */
	if (round % 2 == 0)
		wait_for(page->ended, round + 1, "ends noticed", round);
}

static void
run_rivals(void)
{
	pid_t pids[RIVALS];

	page->ready = page->opened = page->refused = 0;
	for (uint32_t i = 0; i < RIVALS; i++) {
		pids[i] = spawn();
		if (pids[i] == 0) {
			be_rival();
			_exit(1);
		}
	}
	for (uint32_t n = 0; n < NAPS && look(&page->opened) + look(&page->refused) < RIVALS &&
			     !look(&page->failed);
	     n++)
		nap();
	if (page->opened != 1 || page->refused != RIVALS - 1)
		fail("of %d rivals %u have the id and %u are refused", RIVALS, page->opened,
		     page->refused);
	for (uint32_t i = 0; i < RIVALS; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
}

int
main(void)
{
	char folder[OWN_PATH];
	struct plx_door_entry entry;
	pid_t slaves[SLAVES];

	if (own_folder(folder) == NULL)
		return 1;
	setenv("RUNTIME_DIRECTORY", folder, 1);
	setenv("XDG_RUNTIME_DIR", folder, 1);
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return 1;
	for (uint32_t round = 0; round < RACES && !look(&page->failed); round++)
		run_rivals();
	for (uint32_t i = 0; i < SLAVES; i++) {
		slaves[i] = spawn();
		if (slaves[i] == 0) {
			be_slave(i);
			_exit(0);
		}
	}
	for (uint32_t round = 0; round < MASTERS && !look(&page->failed); round++)
		run_master(round);
	wait_for(page->ended, MASTERS, "ends noticed", MASTERS);
	__atomic_store_n(&page->stop, 1, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < SLAVES; i++) {
		if (look(&page->failed))
			kill(slaves[i], SIGKILL);
		waitpid(slaves[i], NULL, 0);
	}
	if (look(&page->failed)) {
		fprintf(stderr, "FAILED: %s\n", page->failure);
		return 1;
	}
	if (plx_door_list(&entry, 1) != 0) /* takes away what the dead left */
		return 1;
	printf("%d masters, ends noticed by %d slaves each\n", MASTERS, SLAVES);
	return rmdir(folder) == 0 ? 0 : 1;
}
