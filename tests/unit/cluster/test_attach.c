/* SPDX-License-Identifier: BSD-3-Clause */
/* Slaves that come by the door: from this process, whose control thread welcomes them, as from any other; and from one of their own. */
#include "fds.h"
#include "rig_door.h"

#include "plx_event.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* -- cases --------------------------------------------------------------------------------------------- */

static void
packets_go_there_and_back(void **state)
{
	unsigned before = open_fds();
	struct plx_cluster_slave *slave;
	const struct plx_cluster_desc *desc;
	uint32_t n;

	open_cluster();
	slave = attach("cluster:10@2", 0);
	assert_int_equal(plx_cluster_slave_place(slave), 2);
	assert_true(rig_place(2).present);
	assert_int_equal(rig_place(2).pid, getpid());
	assert_ptr_not_equal(slave->lane, rig.cluster->places[2].lane);
	rig_feed(50);
	rig_poll();
	n = plx_cluster_peek(slave, &desc, 64);
	assert_int_equal(n, 50);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(rig_number(slave, &desc[i]), i);
	assert_true(plx_cluster_keep(slave, 7));
	plx_cluster_done(slave, n);
	rig_poll();
	rig_audit();
	assert_int_equal(plx_pool_in_use(rig.pool), 1);
	plx_cluster_leave(slave);
	wait_until_gone(2);
	rig_audit();
	assert_int_equal(plx_pool_in_use(rig.pool), 0);
	plx_cluster_destroy(rig.cluster);
	rig.cluster = NULL;
	assert_int_equal(open_fds(), before);
}

/* The child ends with 0 if the write killed a child of its own. */
static bool
is_fatal_to_write(uint8_t *byte)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		*(volatile uint8_t *)byte = 1;
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	/* A sanitizer ends it in its own way. */
	return !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
who_may_not_write_cannot(void **state)
{
	struct plx_cluster_slave *reader, *writer;
	const struct plx_cluster_slave_params wish = {.flags = PLX_CLUSTER_SLAVE_WRITE};

	rig.params.writable = true;
	open_cluster();
	reader = attach("cluster:10@0", 0);
	writer = attach("cluster:10@1", PLX_CLUSTER_SLAVE_WRITE);
	assert_true(is_fatal_to_write(reader->data));
	assert_false(is_fatal_to_write(writer->data));
	assert_int_not_equal(mprotect(reader->data, 1, PROT_READ | PROT_WRITE), 0);
	plx_cluster_leave(reader);
	plx_cluster_leave(writer);
	plx_cluster_destroy(rig.cluster);
	rig.params.writable = false;
	open_cluster();
	refused("cluster:10", &wish, -EACCES, "lets its slaves read packets");
}

static void
what_is_not_there_is_refused_in_words(void **state)
{
	static const char *const names[] = {
		"",
		"cluster",
		"cluster:",
		"cluster:x",
		"cluster:-1",
		"cluster:65536",
		"cluster:10@",
		"cluster:10@x",
		"cluster:10@4294967295",
		"cluster:10@1 ",
		"cluster:99999999999999999999",
	};
	const struct plx_cluster_slave_params group = {.place = PLX_CLUSTER_PLACE_ANY, .group = 2},
					      flags = {.flags = 0x80};
	struct plx_cluster_slave *slave;
	unsigned before = open_fds();

	for (unsigned i = 0; i < PLX_ARRAY_LEN(names); i++)
		refused(names[i], NULL, -EINVAL, "is no cluster");
	refused("cluster:10", NULL, -ENOENT, "nor any other");
	rig.params.spread.mode = PLX_CLUSTER_GROUPS;
	rig.params.spread.nb_groups = 2;
	open_cluster();
	refused("cluster:11", NULL, -ENOENT, "there is no cluster 11; there is: 10");
	refused("cluster:1", NULL, -ENOENT, "there is no cluster 1; there is: 10");
	refused("cluster:10@4", NULL, -EINVAL, "has places 0 to 3");
	refused("cluster:10", &group, -EINVAL, "has groups 0 to 1");
	refused("cluster:10", &flags, -EINVAL, "flags 0x80");
	slave = attach("cluster:10@1", 0);
	refused("cluster:10@1", NULL, -EBUSY, "place 1 of cluster 10 is taken");
	plx_cluster_leave(slave);
	plx_cluster_destroy(rig.cluster);
	rig.cluster = NULL;
	assert_int_equal(open_fds(), before);
	refused("cluster:10", NULL, -ENOENT, "nor any other");
}

static void
all_places_are_for_somebody_and_no_more(void **state)
{
	struct plx_cluster_slave *slaves[PLX_CLUSTER_PLACES_MAX];

	rig.params.places = PLX_CLUSTER_PLACES_MAX;
	rig.params.spread.mode = PLX_CLUSTER_FANOUT;
	open_cluster();
	for (uint32_t i = 0; i < PLX_CLUSTER_PLACES_MAX; i++) {
		slaves[i] = attach("cluster:10", 0);
		assert_int_equal(plx_cluster_slave_place(slaves[i]), i);
	}
	refused("cluster:10", NULL, -ENOSPC, "all 64 places of cluster 10 are taken");
	rig_feed(10);
	rig_poll();
	for (uint32_t i = 0; i < PLX_CLUSTER_PLACES_MAX; i++) {
		assert_int_equal(rig_drink(slaves[i]), 10);
		plx_cluster_leave(slaves[i]);
	}
	for (uint32_t i = 0; i < PLX_CLUSTER_PLACES_MAX; i++)
		wait_until_gone(i);
	rig_audit();
}

static void
expect_place(uint32_t former, uint32_t group, uint32_t place, struct plx_cluster_slave **ret_slave)
{
	const struct plx_cluster_slave_params params = {
		.place = PLX_CLUSTER_PLACE_ANY, .former = former, .group = group};
	struct plx_why why;

	if (plx_cluster_attach("cluster:10", &params, ret_slave, &why) < 0)
		fail_msg("%s", why.text);
	assert_int_equal(plx_cluster_slave_place(*ret_slave), place);
}

/* Whoever had one asks for it first, so that those who name theirs find it free. */
static void
a_former_place_comes_first(void **state)
{
	static const uint32_t shape[] = {1, 3};
	struct plx_cluster_slave *slaves[5];

	open_cluster();
	expect_place(2, 0, 2, &slaves[0]);
	expect_place(2, 0, 3, &slaves[1]);
	expect_place(2, 0, 0, &slaves[2]);
	expect_place(UINT32_MAX, 0, 1, &slaves[3]); /* of a cluster that had more */
	refused("cluster:10", NULL, -ENOSPC, "all 4 places");
	for (unsigned i = 0; i < 4; i++)
		plx_cluster_leave(slaves[i]);
	plx_cluster_destroy(rig.cluster);
	rig.params.spread.mode = PLX_CLUSTER_GROUPS;
	rig.params.spread.nb_groups = 2;
	rig.params.group_places = shape;
	open_cluster();
	expect_place(0, 1, 1, &slaves[0]); /* no longer of its group */
	expect_place(3, 1, 3, &slaves[1]);
	expect_place(3, 0, 0, &slaves[2]);
	expect_place(3, 1, 2, &slaves[3]);
	for (unsigned i = 0; i < 4; i++)
		plx_cluster_leave(slaves[i]);
}

static void
a_filter_comes_along_however_it_is_written(void **state)
{
	static char longest[8000];
	struct plx_cluster_slave_params params = {.filter = "udp\n\tand \\udp port 1030"};
	struct plx_cluster_slave *slave;
	struct plx_why why;

	open_cluster();
	memset(longest, 'a', sizeof(longest) - 1);
	refused("cluster:10@0", &params, -EINVAL, "\\");
	params.filter = longest;
	refused("cluster:10@0", &params, -EINVAL, "too long");
	params.filter = "udp\n\tand port 1030";
	assert_int_equal(plx_cluster_attach("cluster:10@0", &params, &slave, &why), 0);
	rig_feed(20);
	rig_poll();
	assert_int_equal(rig_drink(slave), 1);
	plx_cluster_leave(slave);
}

/* -- the protocol by hand ------------------------------------------------------------------------------ */

static void
another_version_is_refused(void **state)
{
	struct welcome welcome;

	open_cluster();
	assert_int_equal(
		by_hand("{\"command\":\"attach 10\",\"version\":2,\"place\":0,\"group\":0,\"flags\":0}",
			&welcome, NULL, NULL),
		-EPROTO);
	assert_int_equal(welcome.version, PLX_CLUSTER_LANE_VERSION);
	assert_non_null(strstr(welcome.why.text, "version 1, the slave knows 2"));
	assert_false(rig_place(0).present);
}

static void
garbage_is_refused_and_harms_nobody(void **state)
{
	static const char *const requests[] = {
		"{\"command\":\"attach\"}",
		"{\"command\":\"attach x\"}",
		"{\"command\":\"attach 70000\",\"version\":1,\"place\":0,\"group\":0,\"flags\":0}",
		"{\"command\":\"attach 10\"}",
		"{\"command\":\"attach 10\",\"version\":1}",
		"{\"command\":\"attach 10\",\"version\":1,\"place\":-1,\"group\":0,\"flags\":0}",
		"{\"command\":\"attach 10\",\"version\":1,\"place\":4294967296,\"group\":0,\"flags\":0}",
		"{\"command\":\"attach 10\",\"version\":1,\"place\":0,\"group\":\"a\",\"flags\":0}",
		"{\"command\":\"attach 10\",\"version\":1,\"place\":0,\"group\":0,\"flags\":1e9}",
		"{\"command\":\"attach 10\",\"version\":1,\"place\":0,\"former\":-1,\"group\":0,\"flags\":0}",
		"{\"command\":\"attach 10\",\"version\":99999999999,\"place\":0,\"group\":0,\"flags\":0}",
	};
	struct plx_cluster_slave *slave;
	struct welcome welcome;
	unsigned before;

	open_cluster();
	slave = attach("cluster:10@0", 0);
	before = open_fds();
	for (unsigned i = 0; i < PLX_ARRAY_LEN(requests); i++)
		assert_int_equal(by_hand(requests[i], &welcome, NULL, NULL), -EREMOTEIO);
	assert_int_equal(
		by_hand("{\"command\":\"attach 11\",\"version\":1,\"place\":0,\"group\":0,\"flags\":0}",
			&welcome, NULL, NULL),
		-ENOENT);
	assert_int_equal(open_fds(), before);
	rig_feed(20);
	rig_poll();
	assert_int_equal(rig_drink(slave), 20);
	plx_cluster_leave(slave);
}

/* Nothing else is given: what is said behind it is a bell, and no end. */
static void
what_is_welcomed_gets_its_memory_and_no_more(void **state)
{
	int fds[WELCOME_FDS + 1], sock;
	unsigned nb_fds = WELCOME_FDS + 1;
	struct welcome welcome;

	open_cluster();
	sock = by_hand(
		"{\"command\":\"attach 10\",\"version\":1,\"place\":3,\"group\":0,\"flags\":0}",
		&welcome, fds, &nb_fds);
	assert_true(sock >= 0);
	assert_int_equal(nb_fds, WELCOME_FDS);
	assert_true(fcntl(fds[WELCOME_LANE], F_GET_SEALS) & F_SEAL_SHRINK);
	assert_true(fcntl(fds[WELCOME_DATA], F_GET_SEALS) & F_SEAL_SHRINK);
	assert_int_equal(fcntl(fds[WELCOME_DATA], F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(plx_unixsock_send(sock, "hello", 5, NULL, 0, NULL, 0, LIMIT_MS), 0);
	plx_cluster_leave(attach("cluster:10@2", 0)); /* who hears of that has heard the other */
	wait_until_gone(2);
	assert_true(rig_place(3).present);
	plx_unixsock_close_fds(fds, nb_fds);
	close(sock);
	wait_until_gone(3);
	plx_cluster_leave(attach("cluster:10@3", 0));
}

/* -- ends ---------------------------------------------------------------------------------------------- */

static void
one_that_lies_is_hung_up_on(void **state)
{
	struct plx_cluster_slave *liar, *other;

	rig.params.spread.mode = PLX_CLUSTER_FANOUT;
	open_cluster();
	liar = attach("cluster:10@0", 0);
	other = attach("cluster:10@1", 0);
	rig_feed(30);
	rig_poll();
	liar->lane->slave.head = 31;
	rig_poll();
	assert_int_equal(rig_place(0).lies, 1);
	assert_true(plx_cluster_ended(liar));
	assert_false(plx_cluster_ended(other));
	wait_until_gone(0);
	assert_int_equal(
		plx_unixsock_recv_packet(liar->priv->sock, &(char){0}, 1, NULL, NULL, LIMIT_MS),
		-ECONNRESET);
	rig_audit();
	assert_int_equal(rig_drink(other), 30);
	plx_cluster_leave(liar);
	plx_cluster_leave(other);
}

/* The place is given away before the control thread hears of the first one's end. */
static void
a_late_hang_up_does_not_harm_who_came_next(void **state)
{
	struct plx_cluster_slave *liar, *next;

	open_cluster();
	for (unsigned i = 0; i < 50; i++) {
		liar = attach("cluster:10@0", 0);
		liar->lane->slave.head = 1;
		rig_poll();
		next = attach("cluster:10@0", 0);
		plx_cluster_leave(liar);
		/* The door is asked, so the control thread has been around. */
		refused("cluster:10@0", NULL, -EBUSY, "taken");
		assert_false(plx_cluster_ended(next));
		rig_feed(5);
		rig_poll();
		assert_int_equal(rig_drink(next), 5);
		plx_cluster_leave(next);
		wait_until_gone(0);
	}
	rig_audit();
}

static void *
run_master(void *cluster)
{
	plx_cluster_run(cluster);
	return NULL;
}

static pthread_t
begin_sleepy_master(void)
{
	pthread_t master;

	plx_idle_set_policy(PLX_IDLE_SLEEP);
	assert_int_equal(pthread_create(&master, NULL, run_master, rig.cluster), 0);
	return master;
}

static void
end_sleepy_master(pthread_t master)
{
	plx_cluster_break(rig.cluster);
	cluster_ring(rig.cluster->bell);
	pthread_join(master, NULL);
	plx_idle_set_policy(PLX_IDLE_POLL);
}

/* It does not listen. */
static void
no_slave_makes_its_master_wait_for_a_bell(void **state)
{
	struct plx_cluster_slave *liar, *other;
	pthread_t master;

	rig.params.spread.mode = PLX_CLUSTER_FANOUT;
	open_cluster();
	liar = attach("cluster:10@0", PLX_CLUSTER_SLAVE_PASSIVE);
	other = attach("cluster:10@1", PLX_CLUSTER_SLAVE_PASSIVE);
	assert_int_equal(fcntl(liar->priv->sock, F_SETFL, O_RDWR), 0);
	master = begin_sleepy_master();
	for (uint32_t i = 0; i < 500; i++) {
		__atomic_store_n(&liar->lane->bell.asleep, 1, __ATOMIC_SEQ_CST);
		rig_feed(1);
		assert_int_equal(plx_cluster_wait(other, LIMIT_MS), 1);
		assert_int_equal(rig_drink(other), 1);
		rig_drink(liar);
	}
	assert_false(plx_cluster_ended(liar));
	end_sleepy_master(master);
	plx_cluster_leave(liar);
	plx_cluster_leave(other);
}

/* Bounded: until it has told its slaves that it must be woken. */
static void
wait_until_dozing(const struct plx_cluster_slave *slave)
{
	const struct timespec pause = {.tv_nsec = 100000};

	for (unsigned i = 0;
	     i < 10 * LIMIT_MS && __atomic_load_n(&slave->lane->bell.dozing, __ATOMIC_ACQUIRE) == 0;
	     i++)
		nanosleep(&pause, NULL);
	assert_int_equal(slave->lane->bell.dozing, 1);
}

static uint64_t
transmitted(void)
{
	struct plx_cluster_stats stats;

	plx_cluster_stats(rig.cluster, &stats);
	return stats.transmitted;
}

/* An empty buffer, sent by port 0. */
static void
send_one(struct plx_cluster_slave *slave)
{
	const struct timespec pause = {.tv_nsec = 100000};
	struct plx_cluster_desc desc = {.off = 128, .len = 60};
	const uint64_t before = transmitted();

	for (unsigned i = 0; i < 10 * LIMIT_MS && !plx_cluster_alloc(slave, &desc.number); i++)
		nanosleep(&pause, NULL);
	assert_true(plx_cluster_send_kept(slave, &desc, 1));
	plx_cluster_flush(slave);
	for (unsigned i = 0; i < 10 * LIMIT_MS && transmitted() == before; i++)
		nanosleep(&pause, NULL);
	assert_int_equal(transmitted(), before + 1);
}

/* Bounded: until the master has heard all that it rang. */
static void
wait_until_heard(const struct plx_cluster_slave *slave)
{
	const struct timespec pause = {.tv_nsec = 100000};
	int unheard = 1;

	for (unsigned i = 0; i < 10 * LIMIT_MS && unheard != 0; i++) {
		nanosleep(&pause, NULL);
		assert_int_equal(ioctl(slave->priv->sock, SIOCOUTQ, &unheard), 0);
	}
	assert_int_equal(unheard, 0);
}

/* More often than is heard at once, and not so often that it is sent away for it. */
static void
ring_often(struct plx_cluster_slave *liar)
{
	for (unsigned i = 0; i < 1000 && send(liar->priv->sock, "", 1, MSG_DONTWAIT) == 1; i++)
		;
}

/* Nothing but bells wakes this master: it has no port to receive from. */
static void
attach_to_sender(struct plx_cluster_slave **ret_liar, struct plx_cluster_slave **ret_slave)
{
	rig.params.nb_rx_ports = 0;
	rig.params.nb_tx_ports = 1;
	rig.params.writable = true;
	open_cluster();
	*ret_liar = attach("cluster:10@0", 0);
	*ret_slave = attach("cluster:10@1", PLX_CLUSTER_SLAVE_WRITE);
}

/* Another slave rings for nothing, and listens for all bells it can. */
static void
a_sleeping_master_is_woken_by_who_sends_whatever_others_do(void **state)
{
	struct plx_cluster_slave *liar, *slave;
	pthread_t master;
	uint64_t stolen;

	attach_to_sender(&liar, &slave);
	assert_true(liar->priv->master_bell < 0);
	master = begin_sleepy_master();
	for (uint32_t i = 0; i < 100; i++) {
		wait_until_dozing(slave);
		if (i >= 50)
			ring_often(liar);
		while (recv(liar->priv->sock, &stolen, sizeof(stolen), MSG_DONTWAIT) > 0)
			;
		if (i >= 50)
			wait_until_dozing(slave);
		send_one(slave);
		assert_int_equal(rig_out(0, NULL, 2), 1);
	}
	assert_true(rig_place(0).present);
	wait_until_heard(liar); /* or it would never sleep again */
	/* Who went with bells unheard does not keep it awake. */
	ring_often(liar);
	plx_cluster_leave(liar);
	wait_until_dozing(slave);
	send_one(slave);
	end_sleepy_master(master);
	plx_cluster_leave(slave);
}

/* One that has something to say each time it rings is heard for ever; one that has not, for as long as that could be a mistake of nobody's. */
static void
who_rings_for_nothing_is_sent_away(void **state)
{
	struct plx_cluster_slave *liar, *slave;
	pthread_t master;
	uint64_t rung = 0;

	attach_to_sender(&liar, &slave);
	rig.cluster->places[1].rung = BELLS_SPARE - 1; /* one order is not seen yet */
	master = begin_sleepy_master();
	for (uint32_t i = 0; i < 50; i++) {
		wait_until_dozing(slave);
		send_one(slave);
		assert_int_equal(rig_out(0, NULL, 2), 1);
	}
	assert_false(plx_cluster_ended(slave));
	for (time_t end = time(NULL) + LIMIT_MS / 1000; !plx_cluster_ended(liar);) {
		assert_true(time(NULL) <= end);
		if (send(liar->priv->sock, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
			rung++;
		else
			sched_yield();
	}
	assert_true(rung > BELLS_SPARE);
	wait_until_dozing(slave);
	send_one(slave);
	end_sleepy_master(master);
	assert_true(rig_place(0).lies > 0);
	assert_int_equal(rig_place(1).lies, 0);
	assert_true(rig_place(1).present);
	plx_cluster_leave(liar);
	plx_cluster_leave(slave);
}

static void
what_is_in_the_queue_outlives_the_master(void **state)
{
	struct plx_cluster_slave *slave;
	struct pollfd waits;

	open_cluster();
	slave = attach("cluster:10", PLX_CLUSTER_SLAVE_PASSIVE);
	rig_feed(40);
	rig_poll();
	waits = (struct pollfd){.fd = plx_cluster_slave_fd(slave), .events = POLLIN};
	plx_cluster_slave_arm(slave);
	assert_int_equal(poll(&waits, 1, 0), 0);
	plx_cluster_destroy(rig.cluster);
	rig.cluster = NULL;
	assert_int_equal(poll(&waits, 1, LIMIT_MS), 1);
	assert_int_equal(plx_cluster_wait(slave, LIMIT_MS), 1);
	assert_true(plx_cluster_ended(slave));
	assert_int_equal(rig_drink(slave), 40);
	assert_int_equal(plx_cluster_wait(slave, LIMIT_MS), -EPIPE);
	plx_cluster_leave(slave);
	open_cluster();
	slave = attach("cluster:10", 0);
	assert_int_equal(plx_cluster_wait(slave, 0), 0);
	plx_cluster_leave(slave);
}

static void
a_closed_cluster_lets_nobody_in_and_can_be_opened_again(void **state)
{
	struct plx_cluster_slave *slave, *thread;
	struct plx_why why;

	open_cluster();
	assert_int_equal(plx_cluster_open(rig.cluster, &why), -EALREADY);
	thread = rig_join(1, 0);
	slave = attach("cluster:10@0", 0);
	plx_cluster_close(rig.cluster);
	plx_cluster_close(rig.cluster);
	rig_poll();
	assert_int_equal(plx_cluster_wait(slave, LIMIT_MS), -EPIPE);
	assert_false(rig_place(0).present);
	assert_true(rig_place(1).present);
	refused("cluster:10", NULL, -ENOENT, "nor any other");
	plx_cluster_leave(slave);
	assert_int_equal(plx_cluster_open(rig.cluster, &why), 0);
	plx_cluster_leave(attach("cluster:10@0", 0));
	plx_cluster_leave(thread);
}

/* -- two masters --------------------------------------------------------------------------------------- */

static void
one_program_has_an_id_once(void **state)
{
	struct plx_cluster *other;
	struct plx_why why;

	open_cluster();
	assert_int_equal(plx_cluster_create(&rig.params, &other, &why), 0);
	assert_int_equal(plx_cluster_open(other, &why), -EADDRINUSE);
	assert_non_null(strstr(why.text, "this program has it"));
	plx_cluster_destroy(other);
	rig.params.id = 12;
	assert_int_equal(plx_cluster_create(&rig.params, &other, &why), 0);
	assert_int_equal(plx_cluster_open(other, &why), 0);
	plx_cluster_leave(attach("cluster:12", 0));
	refused("cluster:11", NULL, -ENOENT, "10, 12");
	plx_cluster_destroy(other);
	refused("cluster:12", NULL, -ENOENT, "10");
}

/* A program whose door answers as one with that cluster would, without being one. */
static pid_t
fake_master(const char *answer, const char *path)
{
	int listener = plx_unixsock_listen_packets(path, NULL);
	pid_t pid;

	assert_true(listener >= 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char text[256];

		for (unsigned i = 0; i < 1000; i++) {
			int fd;

			poll(&(struct pollfd){.fd = listener, .events = POLLIN}, 1, LIMIT_MS);
			fd = plx_unixsock_accept(listener);
			if (plx_unixsock_recv_packet(fd, text, sizeof(text), NULL, NULL, LIMIT_MS) >
			    0)
				plx_unixsock_send(fd, answer, strlen(answer), NULL, 0, NULL, 0, 0);
			close(fd);
		}
		_exit(0);
	}
	close(listener);
	return pid;
}

static void
a_second_program_is_refused_while_the_first_lives(void **state)
{
	char path[64];
	struct plx_why why;
	pid_t pid;
	int ret = -ETIMEDOUT;

	snprintf(path, sizeof(path), "%s/other.sock", folder);
	pid = fake_master(
		"{\"command\":\"clusters\",\"result\":{\"clusters\":[{\"id\":9},{\"id\":10}]}}",
		path);
	rig_make();
	WAIT_UNTIL((ret = plx_cluster_open(rig.cluster, &why)) != -ETIMEDOUT);
	assert_int_equal(ret, -EADDRINUSE);
	assert_non_null(strstr(why.text, "cluster 10 is there already: program other, process "));
	kill(pid, SIGSTOP);
	assert_int_equal(plx_cluster_open(rig.cluster, &why), -ETIMEDOUT);
	assert_non_null(strstr(why.text, "may be there already"));
	/* Killed without a chance to tidy up. */
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(plx_cluster_open(rig.cluster, &why), 0);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void
without_a_door_nobody_can_come(void **state)
{
	struct plx_why why;

	rig_make();
	plx_door_close();
	assert_int_equal(plx_cluster_open(rig.cluster, &why), -ENODEV);
	assert_int_equal(plx_door_open("test", &why), 0);
}

/* -- ends that wait to be heard ------------------------------------------------------------------------- */

static struct {
	sem_t inside, go;
} held;

static void
stay(void *arg)
{
	sem_post(&held.inside);
	sem_wait(&held.go);
}

/* Returns when the control thread does nothing else. */
static void
hold_the_control_thread(void)
{
	sem_init(&held.inside, 0, 0);
	sem_init(&held.go, 0, 0);
	assert_int_equal(plx_event_alarm_add(0, 0, stay, NULL, NULL), 0);
	sem_wait(&held.inside);
}

/* A connection that the door knows already: those come in order, and one behind it got its answer. */
static int
connect_early(void)
{
	const int fd = plx_unixsock_connect_packets(plx_door_path(), NULL);
	struct plx_door_answer answer;

	assert_true(fd >= 0);
	assert_int_equal(plx_door_call(plx_door_path(), "{\"command\":\"clusters\"}", LIMIT_MS,
				       &answer, NULL),
			 0);
	plx_door_answer_free(&answer);
	return fd;
}

/* The next slave's request is there in front of the word of the last one's end: it gets the only place all the same. */
static void
an_end_that_waits_to_be_heard_is_heard_before_the_next_comes(void **state)
{
	static const char request[] = "{\"command\":\"attach 10\",\"version\":1,\"place\":0,"
				      "\"group\":0,\"flags\":0}";
	int fds[WELCOME_FDS], first, next;
	unsigned nb_fds = WELCOME_FDS;
	struct welcome welcome;
	char answer[256];

	rig.params.places = 1;
	open_cluster();
	first = by_hand(request, &welcome, fds, &nb_fds);
	assert_true(first >= 0);
	plx_unixsock_close_fds(fds, nb_fds);
	next = connect_early();
	hold_the_control_thread();
	assert_int_equal(plx_unixsock_send(next, request, strlen(request), NULL, 0, NULL, 0, 0), 0);
	close(first);
	sem_post(&held.go);
	assert_true(plx_unixsock_recv_packet(next, answer, sizeof(answer), NULL, NULL, LIMIT_MS) >
		    0);
	nb_fds = WELCOME_FDS;
	assert_int_equal(
		plx_unixsock_recv_packet(next, &welcome, sizeof(welcome), fds, &nb_fds, LIMIT_MS),
		sizeof(welcome));
	assert_string_equal(welcome.why.text, "");
	assert_int_equal(welcome.err, 0);
	assert_int_equal(nb_fds, WELCOME_FDS);
	assert_int_equal(rig_place(0).slaves, 2);
	plx_unixsock_close_fds(fds, nb_fds);
	close(next);
	wait_until_gone(0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(packets_go_there_and_back),
		RIG_TEST(who_may_not_write_cannot),
		RIG_TEST(what_is_not_there_is_refused_in_words),
		RIG_TEST(all_places_are_for_somebody_and_no_more),
		RIG_TEST(a_former_place_comes_first),
		RIG_TEST(a_filter_comes_along_however_it_is_written),
		RIG_TEST(another_version_is_refused),
		RIG_TEST(garbage_is_refused_and_harms_nobody),
		RIG_TEST(what_is_welcomed_gets_its_memory_and_no_more),
		RIG_TEST(one_that_lies_is_hung_up_on),
		RIG_TEST(a_late_hang_up_does_not_harm_who_came_next),
		RIG_TEST(an_end_that_waits_to_be_heard_is_heard_before_the_next_comes),
		RIG_TEST(no_slave_makes_its_master_wait_for_a_bell),
		RIG_TEST(a_sleeping_master_is_woken_by_who_sends_whatever_others_do),
		RIG_TEST(who_rings_for_nothing_is_sent_away),
		RIG_TEST(what_is_in_the_queue_outlives_the_master),
		RIG_TEST(a_closed_cluster_lets_nobody_in_and_can_be_opened_again),
		RIG_TEST(one_program_has_an_id_once),
		RIG_TEST(a_second_program_is_refused_while_the_first_lives),
		RIG_TEST(without_a_door_nobody_can_come),
	};

	return cmocka_run_group_tests(tests, rig_door_init, rig_door_fini);
}
