/* SPDX-License-Identifier: BSD-3-Clause */
/* What a slave believes of a lane before it uses it, and what it goes on to doubt: the master may be any program. */
#include "patience.h"
#include "rig.h"

#include "cluster_priv.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <ucontext.h>
#include <unistd.h>

#define PLENTY (UINT64_C(1) << 32) /* bytes that are claimed, not there */

static struct plx_cluster_lane *lane;
static struct plx_cluster_lane_shape honest;

/* The head of a lane that a master made, of a size that leaves room for what is changed in it. */
static int
lane_begin(void **state)
{
	struct plx_cluster_slave *slave;

	rig_params(state);
	rig.params.writable = true;
	rig_make();
	slave = rig_join(0, PLX_CLUSTER_SLAVE_WRITE | PLX_CLUSTER_SLAVE_TIMES);
	honest = slave->priv->shape;
	plx_cluster_leave(slave);
	lane = aligned_alloc(PLX_CACHE_LINE, honest.bytes);
	assert_non_null(lane);
	memset(lane, 0, honest.bytes);
	return 0;
}

static int
lane_end(void **state)
{
	free(lane);
	return rig_end(state);
}

static int
make(const struct plx_cluster_lane_shape *shape, uint64_t bytes, const char *words)
{
	struct plx_cluster_slave *slave;
	struct plx_why why = {""};
	int ret;

	lane->shape = *shape;
	ret = slave_make(lane, bytes, NULL, &slave, &why);
	if (ret == 0)
		slave_free(slave);
	else if (strstr(why.text, words) == NULL)
		fail_msg("\"%s\" has no \"%s\"", why.text, words);
	return ret;
}

/* A word of the shape. */
struct change {
	size_t at;
	uint32_t value;
};

#define WORD(field, value)                                              \
	{                                                               \
		offsetof(struct plx_cluster_lane_shape, field), (value) \
	}

static void
each_is(const struct change *changes, unsigned n, uint64_t bytes, int err, const char *words)
{
	for (unsigned i = 0; i < n; i++) {
		struct plx_cluster_lane_shape shape = honest;

		memcpy((uint8_t *)&shape + changes[i].at, &changes[i].value, 4);
		if (make(&shape, bytes, words) != err)
			fail_msg("word at %zu, value %u", changes[i].at, changes[i].value);
	}
}

#define EACH_IS(changes, bytes, err, words) \
	each_is(changes, PLX_ARRAY_LEN(changes), bytes, err, words)

/* -- lengths -------------------------------------------------------------------------------------------- */

static void
what_is_no_lane_is_refused(void **state)
{
	static const struct change magic[] = {WORD(magic, 0)};
	static const struct change version[] = {WORD(version, 0), WORD(version, 2)};

	assert_int_equal(make(&honest, honest.bytes, ""), 0);
	EACH_IS(magic, honest.bytes, -EPROTO, "no lane");
	EACH_IS(version, honest.bytes, -EPROTO, "version");
}

/* Counters run modulo 2^32 and slots are found by a mask. */
static void
lengths_are_powers_of_two(void **state)
{
	static const struct change changes[] = {
		WORD(queue_len, 0), WORD(queue_len, 48), WORD(return_len, 0), WORD(return_len, 96),
		WORD(send_len, 0),  WORD(send_len, 48),	 WORD(grant_len, 3),  WORD(grant_len, 7),
	};

	EACH_IS(changes, PLENTY, -EPROTO, "does not fit");
}

/* As a master of this release has them at most; more memory is there. */
static void
lengths_have_bounds(void **state)
{
	static const struct change most[] = {
		WORD(queue_len, PLX_CLUSTER_QUEUE_MAX),
		WORD(send_len, PLX_CLUSTER_QUEUE_MAX),
		WORD(return_len, 131072),
		WORD(grant_len, GRANTS_MAX),
		WORD(extra, PLX_CLUSTER_EXTRA_MAX),
		WORD(place, PLX_CLUSTER_PLACES_MAX - 1),
		WORD(nb_rx_ports, PLX_CLUSTER_PORTS_MAX),
		WORD(nb_tx_ports, PLX_CLUSTER_PORTS_MAX),
	};
	static const struct change more[] = {
		WORD(queue_len, 2 * PLX_CLUSTER_QUEUE_MAX),
		WORD(send_len, 2 * PLX_CLUSTER_QUEUE_MAX),
		WORD(return_len, 262144),
		WORD(grant_len, 2 * GRANTS_MAX),
		WORD(extra, PLX_CLUSTER_EXTRA_MAX + 1),
		WORD(place, PLX_CLUSTER_PLACES_MAX),
		WORD(nb_rx_ports, PLX_CLUSTER_PORTS_MAX + 1),
		WORD(nb_tx_ports, PLX_CLUSTER_PORTS_MAX + 1),
	};

	EACH_IS(most, PLENTY, 0, "");
	EACH_IS(more, PLENTY, -EPROTO, "cannot be");
}

/* -- places --------------------------------------------------------------------------------------------- */

/* Each part of a lane: inside, in front, across the end, behind it, and where its elements cannot lie. */
static void
parts_lie_inside(void **state)
{
	const uint32_t head = sizeof(struct plx_cluster_lane), end = (uint32_t)honest.bytes;
	const struct {
		size_t at;
		uint32_t n, size;
	} parts[] = {
		{offsetof(struct plx_cluster_lane_shape, queue_at), honest.queue_len, 16},
		{offsetof(struct plx_cluster_lane_shape, kept_at), honest.queue_len, 8},
		{offsetof(struct plx_cluster_lane_shape, grant_at), honest.grant_len, 4},
		{offsetof(struct plx_cluster_lane_shape, return_at), honest.return_len, 4},
		{offsetof(struct plx_cluster_lane_shape, send_at), honest.send_len, 16},
		{offsetof(struct plx_cluster_lane_shape, times_at), honest.queue_len, 8},
	};

	assert_true(honest.grant_len > 0);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(parts); i++) {
		const uint32_t at = parts[i].at, size = parts[i].size, bytes = parts[i].n * size;
		const struct change inside[] = {{at, head}, {at, end - bytes}};
		const struct change outside[] = {
			{at, 0},
			{at, head - size},
			{at, end - bytes + size},
			{at, end},
			{at, end + size},
			{at, UINT32_MAX - size + 1},
			{at, head + size / 2},
		};

		EACH_IS(inside, end, 0, "");
		EACH_IS(outside, end, -EPROTO, "does not fit");
	}
}

static void
times_that_nobody_asked_for_need_no_place(void **state)
{
	struct plx_cluster_lane_shape shape = honest;

	shape.times_at = 1;
	assert_int_equal(make(&shape, shape.bytes, "does not fit"), -EPROTO);
	shape.flags &= ~PLX_CLUSTER_SLAVE_TIMES;
	assert_int_equal(make(&shape, shape.bytes, ""), 0);
}

/* -- afterwards ----------------------------------------------------------------------------------------- */

static struct plx_cluster_slave *
slave_on(const struct plx_cluster_lane_shape *shape)
{
	struct plx_cluster_slave *slave;

	lane->shape = *shape;
	assert_int_equal(slave_make(lane, shape->bytes, NULL, &slave, NULL), 0);
	return slave;
}

/* There is no slot of which one could be read. */
static void
without_grants_nothing_is_granted(void **state)
{
	struct plx_cluster_lane_shape shape = honest;
	struct plx_cluster_slave *slave;
	uint32_t number = 77;

	shape.grant_len = 0;
	shape.grant_at = (uint32_t)shape.bytes;
	slave = slave_on(&shape);
	lane->master.grant_tail = 1;
	assert_false(plx_cluster_alloc(slave, &number));
	assert_int_equal(number, 77);
	assert_int_equal(lane->slave.grant_head, 0);
	slave_free(slave);
}

/* What is copied once counts: it was checked. */
static void
a_shape_that_changes_is_not_looked_at_again(void **state)
{
	const struct plx_cluster_desc *desc;
	struct plx_cluster_slave *slave = slave_on(&honest);
	uint32_t number;

	memset(&lane->shape, 0xff, sizeof(lane->shape)); /* lengths that leave out every odd slot */
	lane->master.tail = UINT32_MAX;
	lane->master.grant_tail = UINT32_MAX;
	assert_int_equal(plx_cluster_peek(slave, &desc, UINT32_MAX), honest.queue_len);
	assert_ptr_equal(desc, (uint8_t *)lane + honest.queue_at);
	for (uint32_t i = 0; i < honest.extra; i++)
		assert_true(plx_cluster_alloc(slave, &number));
	assert_false(plx_cluster_alloc(slave, &number)); /* whatever it offers */
	slave_free(slave);
}

static void *
lane_part(uint32_t at)
{
	return (uint8_t *)lane + at;
}

/* Where the first shape says, slot by slot. */
static void
every_slot_stays_where_it_was(void **state)
{
	struct plx_cluster_slave *slave = slave_on(&honest);
	uint64_t *times = lane_part(honest.times_at), *kept = lane_part(honest.kept_at);
	uint32_t *grant = lane_part(honest.grant_at), *back = lane_part(honest.return_at), number;
	struct plx_cluster_order *orders = lane_part(honest.send_at);
	const struct plx_cluster_desc *desc;

	memset(&lane->shape, 0xff, sizeof(lane->shape));
	lane->master.tail = 8;
	lane->master.grant_tail = 4;
	assert_int_equal(plx_cluster_peek(slave, &desc, 8), 8);
	times[3] = 333;
	assert_int_equal(plx_cluster_time(slave, 3), 333);
	assert_true(plx_cluster_keep(slave, 5));
	assert_int_equal(kept[5], 6);
	for (uint32_t i = 0; i < 4; i++) {
		grant[i] = 100 + i;
		assert_true(plx_cluster_alloc(slave, &number));
		assert_int_equal(number, 100 + i);
		plx_cluster_return(slave, number);
		assert_int_equal(back[i], 100 + i);
	}
	((struct plx_cluster_desc *)lane_part(honest.queue_at))[7].number = 77;
	assert_true(plx_cluster_send(slave, 6, 1));
	assert_true(plx_cluster_send(slave, 7, 1));
	assert_int_equal(orders[1].number, 77);
	slave_free(slave);
}

/*
 * A master that changes what a lane says between two looks at it: no byte of it is looked at twice. The lane's page may not be touched but
 * by one instruction at a time, which is noted.
 */
#if defined(__x86_64__)
#define TRAP_FLAG 0x100

static struct {
	uint8_t *page;
	unsigned n;
	uintptr_t at[256];
} looks;

static void
look_begins(int signo, siginfo_t *info, void *context)
{
	ucontext_t *machine = context;

	if ((uintptr_t)info->si_addr - (uintptr_t)looks.page >= sizeof(struct plx_cluster_lane) ||
	    looks.n == PLX_ARRAY_LEN(looks.at))
		abort();
	looks.at[looks.n++] = (uintptr_t)info->si_addr;
	mprotect(looks.page, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE);
	machine->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

static void
look_ends(int signo, siginfo_t *info, void *context)
{
	ucontext_t *machine = context;

	machine->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
	mprotect(looks.page, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE);
}

static void
what_a_lane_says_is_read_once(void **state)
{
	const struct sigaction begin = {.sa_sigaction = look_begins, .sa_flags = SA_SIGINFO},
			       end = {.sa_sigaction = look_ends, .sa_flags = SA_SIGINFO};
	struct plx_cluster_slave *slave;
	struct sigaction former[2];
	int ret;

	looks.n = 0;
	looks.page = mmap(NULL, honest.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	assert_true(looks.page != MAP_FAILED);
	memcpy(looks.page, &honest, sizeof(honest));
	assert_int_equal(sigaction(SIGSEGV, &begin, &former[0]), 0);
	assert_int_equal(sigaction(SIGTRAP, &end, &former[1]), 0);
	assert_int_equal(mprotect(looks.page, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE), 0);
	ret = slave_make((struct plx_cluster_lane *)(void *)looks.page, honest.bytes,
			 rig.pool->data, &slave, NULL);
	assert_int_equal(mprotect(looks.page, (size_t)sysconf(_SC_PAGESIZE), PROT_READ), 0);
	sigaction(SIGSEGV, &former[0], NULL);
	sigaction(SIGTRAP, &former[1], NULL);
	assert_int_equal(ret, 0);
	assert_true(looks.n > 0);
	for (unsigned i = 0; i < looks.n; i++)
		for (unsigned k = 0; k < i; k++)
			assert_int_not_equal(looks.at[i], looks.at[k]);
	slave_free(slave);
	munmap(looks.page, honest.bytes);
}
#endif

/* Who rings without end keeps nobody: a slave that lies down takes so many at a time. */
static void
bells_without_end_keep_nobody(void **state)
{
	struct plx_cluster_slave *slave = slave_on(&honest);
	unsigned sent = 0, left = 0;
	int ends[2];
	char bell;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	slave->priv->sock = ends[0];
	while (sent < 130 && send(ends[1], "", 1, MSG_DONTWAIT) == 1)
		sent++;
	assert_int_equal(sent, 130);
	plx_cluster_slave_arm(slave);
	assert_int_equal(lane->bell.asleep, 1);
	while (recv(ends[0], &bell, 1, MSG_DONTWAIT) == 1)
		left++;
	assert_int_equal(left, 130 - 64);
	plx_cluster_slave_arm(slave); /* nor who does not ring at all */
	slave_free(slave);
	close(ends[0]);
	close(ends[1]);
}

/* A slave's bell for its master is its end of the connection: the master can leave it full, and have nobody wait by that. */
static void
a_bell_that_is_full_keeps_nobody(void **state)
{
	static const struct plx_cluster_desc desc = {.number = 1, .len = 60};
	struct plx_cluster_slave *slave = slave_on(&honest);
	int ends[2];
	char bell;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	slave->priv->sock = ends[0];
	slave->priv->held = 3;
	assert_true(plx_cluster_send_kept(slave, &desc, 1));
	plx_cluster_flush(slave);
	assert_int_equal(recv(ends[1], &bell, 1, MSG_DONTWAIT), -1); /* who is awake is not woken */
	lane->bell.dozing = 1;
	plx_cluster_flush(slave);
	assert_int_equal(recv(ends[1], &bell, 1, MSG_DONTWAIT), -1); /* nor for nothing */
	assert_true(plx_cluster_send_kept(slave, &desc, 1));
	plx_cluster_flush(slave);
	assert_int_equal(recv(ends[1], &bell, 1, MSG_DONTWAIT), 1);
	while (send(ends[0], "", 1, MSG_DONTWAIT) == 1)
		;
	alarm(PATIENCE_MS / 1000); /* ends a test that waits */
	assert_true(plx_cluster_send_kept(slave, &desc, 1));
	plx_cluster_flush(slave);
	assert_int_equal(lane->slave.send_tail, 3);
	close(ends[1]); /* nor does it die of who is gone */
	slave->priv->held = 1;
	assert_true(plx_cluster_send_kept(slave, &desc, 1));
	plx_cluster_flush(slave);
	alarm(0);
	assert_int_equal(lane->slave.send_tail, 4);
	slave_free(slave);
	close(ends[0]);
}

#define LANE_TEST(test) cmocka_unit_test_setup_teardown(test, lane_begin, lane_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LANE_TEST(what_is_no_lane_is_refused),
		LANE_TEST(lengths_are_powers_of_two),
		LANE_TEST(lengths_have_bounds),
		LANE_TEST(parts_lie_inside),
		LANE_TEST(times_that_nobody_asked_for_need_no_place),
		LANE_TEST(without_grants_nothing_is_granted),
		LANE_TEST(a_shape_that_changes_is_not_looked_at_again),
#if defined(__x86_64__)
		LANE_TEST(what_a_lane_says_is_read_once),
#endif
		LANE_TEST(every_slot_stays_where_it_was),
		LANE_TEST(bells_without_end_keep_nobody),
		LANE_TEST(a_bell_that_is_full_keeps_nobody),
	};

	return cmocka_run_group_tests(tests, rig_init, rig_fini);
}
