/* SPDX-License-Identifier: BSD-3-Clause */
/* What a slave can do to the memory it was given, with the kernel's help: it hurts nobody but itself. And what a master can. */
#include "hugepages.h"
#include "rig_door.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define HUGE_BYTES   (2l << 20)
#define MFD_HUGE_2MB (21u << 26)
#define ALL_SEALS    (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static off_t
bytes_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_size;
}

/* Comes to a place by hand; the caller's are the connection and the fds. */
static int
come(const char *flags, int fds[WELCOME_FDS])
{
	unsigned nb_fds = WELCOME_FDS;
	struct welcome welcome;
	char request[128];
	int sock;

	snprintf(request, sizeof(request),
		 "{\"command\":\"attach 10\",\"version\":1,\"place\":0,\"group\":0,\"flags\":%s}",
		 flags);
	sock = by_hand(request, &welcome, fds, &nb_fds);
	assert_true(sock >= 0);
	assert_int_equal(nb_fds, WELCOME_FDS);
	return sock;
}

static void
go(int sock, int fds[WELCOME_FDS])
{
	plx_unixsock_close_fds(fds, WELCOME_FDS);
	close(sock);
	wait_until_gone(0);
}

/* -- a slave's -------------------------------------------------------------------------------------------- */

static void
no_slave_cuts_or_seals_the_memory(void **state)
{
	static const int seals[] = {F_SEAL_SEAL, F_SEAL_WRITE, F_SEAL_FUTURE_WRITE};
	int fds[WELCOME_FDS], sock;

	rig.params.writable = true;
	open_cluster();
	sock = come("4", fds);
	for (unsigned i = WELCOME_LANE; i <= WELCOME_DATA; i++) {
		assert_int_equal(fcntl(fds[i], F_GETFL) & O_ACCMODE, O_RDWR);
		assert_int_equal(fcntl(fds[i], F_GET_SEALS), ALL_SEALS);
		assert_int_not_equal(ftruncate(fds[i], 0), 0);
		assert_int_not_equal(ftruncate(fds[i], 2 * bytes_of(fds[i])), 0);
		assert_int_not_equal(fallocate(fds[i], 0, bytes_of(fds[i]), 4096), 0);
		for (unsigned k = 0; k < PLX_ARRAY_LEN(seals); k++)
			assert_int_not_equal(fcntl(fds[i], F_ADD_SEALS, seals[k]), 0);
	}
	go(sock, fds);
}

static void
who_may_only_read_makes_no_holes(void **state)
{
	int fds[WELCOME_FDS], sock;
	size_t bytes;
	void *data;

	open_cluster();
	sock = come("0", fds);
	bytes = (size_t)bytes_of(fds[WELCOME_DATA]);
	assert_int_not_equal(fallocate(fds[WELCOME_DATA],
				       FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes),
			     0);
	assert_ptr_equal(
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fds[WELCOME_DATA], 0),
		MAP_FAILED);
	data = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fds[WELCOME_DATA], 0);
	assert_ptr_not_equal(data, MAP_FAILED);
	assert_int_not_equal(madvise(data, bytes, MADV_REMOVE), 0);
	munmap(data, bytes);
	go(sock, fds);
}

/* In a process of its own. Returns how many of these did not work. */
static int
ravage(const int fds[WELCOME_FDS])
{
	int failed = 0;

	for (unsigned i = WELCOME_LANE; i <= WELCOME_DATA; i++) {
		const off_t bytes = bytes_of(fds[i]);
		void *map =
			mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fds[i], 0);

		failed += map == MAP_FAILED;
		failed += mprotect(map, (size_t)bytes, PROT_NONE) != 0;
		failed += mprotect(map, (size_t)bytes, PROT_READ | PROT_WRITE) != 0;
		memset(map, 0xff, (size_t)bytes);
		failed += madvise(map, (size_t)bytes, MADV_REMOVE) != 0;
		memset(map, 0xff, (size_t)bytes);
		failed += fallocate(fds[i], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, bytes) !=
			  0;
		failed += fcntl(fds[i], F_SETFL, O_NONBLOCK | O_APPEND) != 0;
		failed += fchmod(fds[i], 0) != 0;
		failed += munmap(map, (size_t)bytes) != 0;
	}
	return failed;
}

static void
expect_numbers(struct plx_cluster_slave *slave, uint32_t n)
{
	const struct plx_cluster_desc *desc;

	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(plx_cluster_peek(slave, &desc, 1), 1);
		assert_int_equal(rig_number(slave, desc), i);
		plx_cluster_done(slave, 1);
	}
}

static void
who_may_write_spoils_bytes_and_nothing_else(void **state)
{
	struct plx_cluster_slave *other;
	int fds[WELCOME_FDS], sock, status;
	pid_t pid;

	rig.params.writable = true;
	rig.params.spread.mode = PLX_CLUSTER_FANOUT;
	open_cluster();
	sock = come("4", fds);
	other = attach("cluster:10@1", 0);
	rig_feed(30);
	rig_poll();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(ravage(fds));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(rig_drink(other), 30); /* packets whose bytes are gone */
	for (unsigned i = 0; i < 300; i++) {	/* every buffer, again and again */
		rig_feed(20);
		rig_poll();
		expect_numbers(other, 20);
	}
	rig_audit();
	go(sock, fds);
	/* The next one comes as if nothing had been. */
	plx_cluster_leave(attach("cluster:10@0", PLX_CLUSTER_SLAVE_WRITE));
	plx_cluster_leave(other);
}

/* -- huge pages ------------------------------------------------------------------------------------------- */

/* Where there are none the pool is told that it is on some. */
static void
on_huge_pages_writers_must_be_trusted(void **state)
{
	struct plx_zone *zone = (struct plx_zone *)(uintptr_t)plx_pool_zone(rig.pool);
	const size_t page_size = zone->page_size;
	struct plx_why why = {""};
	int ret;

	zone->page_size = 2u << 20;
	rig.params.writable = true;
	ret = plx_cluster_create(&rig.params, &rig.cluster, &why);
	assert_int_equal(ret, -EPERM);
	assert_non_null(strstr(why.text, "huge pages (2048 kB)"));
	assert_non_null(strstr(why.text, "--no-huge"));
	assert_non_null(strstr(why.text, "--trusted"));
	rig.params.trusted = true;
	rig_make();
	plx_cluster_destroy(rig.cluster);
	rig.params.writable = rig.params.trusted = false;
	rig_make();
	zone->page_size = page_size;
}

/* -- a master's ------------------------------------------------------------------------------------------- */

static int
memory(size_t bytes, int seals)
{
	int fd = memfd_create("memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	if (seals != 0)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void
welcome_one(int listener, const int fds[WELCOME_FDS])
{
	static const char there[] =
		"{\"command\":\"clusters\",\"result\":{\"clusters\":[{\"id\":10}]}}";
	static const char come_in[] = "{\"command\":\"attach 10\",\"result\":{}}";
	const struct welcome welcome = {.version = PLX_CLUSTER_LANE_VERSION};
	char text[PLX_DOOR_REQUEST_MAX];
	bool comes = false;

	while (!comes) {
		int fd;

		poll(&(struct pollfd){.fd = listener, .events = POLLIN}, 1, LIMIT_MS);
		fd = plx_unixsock_accept(listener);
		memset(text, 0, sizeof(text));
		plx_unixsock_recv_packet(fd, text, sizeof(text) - 1, NULL, NULL, LIMIT_MS);
		comes = strstr(text, "attach") != NULL;
		plx_unixsock_send(fd, comes ? come_in : there,
				  comes ? strlen(come_in) : strlen(there), NULL, 0, NULL, 0,
				  LIMIT_MS);
		if (comes)
			plx_unixsock_send(fd, &welcome, sizeof(welcome), NULL, 0, fds, WELCOME_FDS,
					  LIMIT_MS);
		else
			close(fd);
	}
}

/* A process that is such a master. */
struct other_master {
	char path[64];
	pid_t pid;
};

static struct other_master
other_begin(const int fds[WELCOME_FDS])
{
	struct other_master other;
	int listener;

	snprintf(other.path, sizeof(other.path), "%s/other.sock", folder);
	listener = plx_unixsock_listen_packets(other.path, NULL);
	assert_true(listener >= 0);
	other.pid = fork();
	assert_true(other.pid >= 0);
	if (other.pid == 0) {
		alarm(3 * LIMIT_MS / 1000);
		welcome_one(listener, fds);
		pause(); /* until it is killed */
		_exit(0);
	}
	close(listener);
	return other;
}

static void
other_end(const struct other_master *other, const int fds[WELCOME_FDS])
{
	kill(other->pid, SIGKILL);
	assert_int_equal(waitpid(other->pid, NULL, 0), other->pid);
	unlink(other->path);
	for (unsigned i = 0; i < WELCOME_FDS; i++)
		close(fds[i]);
}

static void
offer_is_refused(const int fds[WELCOME_FDS], uint32_t flags, const char *words)
{
	const struct plx_cluster_slave_params params = {.place = PLX_CLUSTER_PLACE_ANY,
							.flags = flags};
	const struct other_master other = other_begin(fds);

	refused("cluster:10", &params, -EPROTO, words);
	other_end(&other, fds);
}

/* A master that hands out this memory. */
static void
is_refused_by_slaves(int lane, int data, const char *words)
{
	const int fds[WELCOME_FDS] = {lane, data};

	offer_is_refused(fds, 0, words);
}

static void
memory_that_could_be_cut_off_is_refused(void **state)
{
	is_refused_by_slaves(memory(8192, 0), memory(8192, ALL_SEALS), "is not sealed");
	is_refused_by_slaves(memory(8192, F_SEAL_GROW), memory(8192, ALL_SEALS), "is not sealed");
	is_refused_by_slaves(memory(8192, ALL_SEALS), memory(8192, F_SEAL_GROW), "is not sealed");
	is_refused_by_slaves(memory(0, ALL_SEALS), memory(8192, ALL_SEALS), "is not sealed");
	is_refused_by_slaves(memory(8192, ALL_SEALS), memory(8192, ALL_SEALS), "this is no lane");
	is_refused_by_slaves(memory(64, ALL_SEALS), memory(8192, ALL_SEALS), "this is no lane");
}

/* As a master of this release makes it. */
static struct plx_cluster_lane_shape
honest_shape(void)
{
	struct plx_cluster_lane_shape shape;
	struct plx_cluster_slave *slave;

	rig.params.writable = true;
	rig_make();
	slave = rig_join(0, PLX_CLUSTER_SLAVE_WRITE);
	shape = slave->priv->shape;
	plx_cluster_leave(slave);
	return shape;
}

static int
lane_memory(const struct plx_cluster_lane_shape *shape)
{
	int fd = memory(shape->bytes, 0);

	assert_int_equal(pwrite(fd, shape, sizeof(*shape), 0), sizeof(*shape));
	assert_int_equal(fcntl(fd, F_ADD_SEALS, ALL_SEALS), 0);
	return fd;
}

static int
data_memory(const struct plx_cluster_lane_shape *shape)
{
	return memory((size_t)shape->buffers * shape->stride, ALL_SEALS);
}

static int
read_only(int fd)
{
	char path[32];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(again >= 0);
	close(fd);
	return again;
}

/* Slaves trust that a buffer that there is lies in the memory. */
static void
packets_that_do_not_fit_are_refused(void **state)
{
	struct plx_cluster_lane_shape shape = honest_shape();
	const size_t bytes = (size_t)shape.buffers * shape.stride;

	is_refused_by_slaves(lane_memory(&shape), memory(bytes - 1, ALL_SEALS), "do not fit");
	shape.buf_size = shape.stride + 1;
	is_refused_by_slaves(lane_memory(&shape), data_memory(&shape), "do not fit");
	shape.buf_size = 512;
	shape.buffers = shape.stride = 65536; /* 0 in 32 bits */
	is_refused_by_slaves(lane_memory(&shape), memory(8192, ALL_SEALS), "do not fit");
}

static void
what_is_not_as_granted_is_refused(void **state)
{
	const struct plx_cluster_lane_shape shape = honest_shape();
	const int fds[WELCOME_FDS] = {lane_memory(&shape), read_only(data_memory(&shape))};

	offer_is_refused(fds, PLX_CLUSTER_SLAVE_WRITE, "cannot be written");
}

/* More huge pages than there are: some are missing, as when a master makes holes into them. -1: the kernel knows none. */
static int
too_many_huge_pages(void)
{
	const long there = hugepages_read(HUGEPAGES "nr_hugepages"),
		   more = hugepages_read(HUGEPAGES "nr_overcommit_hugepages");
	int fd = memfd_create("huge", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB | MFD_HUGE_2MB);

	if (fd < 0 || there < 0 || ftruncate(fd, (there + more + 1) * HUGE_BYTES) != 0)
		return -1;
	assert_int_equal(fcntl(fd, F_ADD_SEALS, ALL_SEALS), 0);
	return fd;
}

/* Who looks reads zeroes, and hears of an end. */
static void
huge_pages_that_are_taken_away_end_no_slave(void **state)
{
	struct plx_cluster_lane_shape shape = honest_shape();
	int fds[WELCOME_FDS] = {-1, -1};
	struct plx_cluster_slave *slave;
	struct other_master other;
	unsigned char there;
	void *data;

	hugepages_hold();
	fds[WELCOME_DATA] = too_many_huge_pages();
	if (fds[WELCOME_DATA] < 0) {
		hugepages_give_back();
		print_message("the kernel has no pages of 2 MiB\n");
		skip();
	}
	shape.buffers = 1024;
	fds[WELCOME_LANE] = lane_memory(&shape);
	other = other_begin(fds);
	slave = attach("cluster:10", 0);
	assert_false(plx_cluster_ended(slave));
	for (off_t at = 0; at < bytes_of(fds[WELCOME_DATA]); at += HUGE_BYTES)
		assert_int_equal(__atomic_load_n(slave->data + at, __ATOMIC_RELAXED), 0);
	assert_true(plx_cluster_ended(slave));
	assert_int_equal(plx_cluster_wait(slave, -1), -EPIPE);
	data = slave->data;
	plx_cluster_leave(slave);
	assert_int_not_equal(mincore(data, 1, &there), 0); /* nothing is mapped there */
	other_end(&other, fds);
	hugepages_give_back();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(no_slave_cuts_or_seals_the_memory),
		RIG_TEST(who_may_only_read_makes_no_holes),
		RIG_TEST(who_may_write_spoils_bytes_and_nothing_else),
		RIG_TEST(on_huge_pages_writers_must_be_trusted),
		RIG_TEST(memory_that_could_be_cut_off_is_refused),
		RIG_TEST(packets_that_do_not_fit_are_refused),
		RIG_TEST(what_is_not_as_granted_is_refused),
		RIG_TEST(huge_pages_that_are_taken_away_end_no_slave),
	};

	return cmocka_run_group_tests(tests, rig_door_init, rig_door_fini);
}
