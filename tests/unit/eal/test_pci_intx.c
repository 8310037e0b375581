/* SPDX-License-Identifier: BSD-3-Clause */
/* INTx as an event of the control thread, over a transport that says yes or no. */
#include "eal_fixture.h"
#include "event_marks.h"

#include "patience.h"
#include "plx_pci_driver.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
	int answer; /* to who sets an eventfd */
	int fd;	    /* that was set last, -1: taken back */
	unsigned called;
} line;

static struct plx_why why;
static plx_event_id mark;

static int
set(struct plx_pci *pci, enum plx_pci_irq_kind kind, const int *fds, unsigned n,
    struct plx_why *ret_why)
{
	if (n > 0 && line.answer != 0)
		return plx_why(ret_why, line.answer, "the line is taken");
	line.fd = n > 0 ? fds[0] : -1;
	return 0;
}

static const struct plx_pci_transport transport = {.name = "toy", .irq_set = set};
static struct plx_pci pci = {.transport = &transport, .intx = true};

static void
called(void *arg)
{
	__atomic_fetch_add(&line.called, 1, __ATOMIC_SEQ_CST);
}

static int
setup(void **state)
{
	line.answer = 0;
	line.fd = -1;
	line.called = 0;
	if (eal_fixture_init("0@0") != 0)
		return -1;
	mark = event_mark();
	return 0;
}

static int
teardown(void **state)
{
	const unsigned left = events_left(mark);

	return plx_eal_cleanup() == 0 && left == 0 ? 0 : -1;
}

static void
the_function_runs_when_the_line_is_raised_until_it_is_forgotten(void **state)
{
	struct plx_pci_intx intx;
	int fd;

	assert_int_equal(plx_pci_intx_watch(&pci, called, NULL, &intx, &why), 0);
	assert_true(line.fd >= 0);
	assert_int_equal(eventfd_write(line.fd, 1), 0);
	WAIT_UNTIL(__atomic_load_n(&line.called, __ATOMIC_SEQ_CST) != 0);
	assert_int_equal(line.called, 1);
	fd = dup(line.fd); /* the kernel still signals one that it was not told to leave */
	plx_pci_intx_forget(&pci, &intx);
	assert_int_equal(line.fd, -1);
	assert_int_equal(events_left(mark), 0);
	assert_int_equal(eventfd_write(fd, 1), 0);
	usleep(20000);
	assert_int_equal(line.called, 1);
	plx_pci_intx_forget(&pci, &intx);
	close(fd);
}

static void
a_line_that_is_refused_leaves_nothing_behind(void **state)
{
	struct plx_pci_intx intx;
	int fd = dup(0), again;

	close(fd);
	line.answer = -EBUSY;
	assert_int_equal(plx_pci_intx_watch(&pci, called, NULL, &intx, &why), -EBUSY);
	assert_string_equal(why.text, "the line is taken");
	assert_int_equal(events_left(mark), 0);
	again = dup(0);
	assert_int_equal(again, fd);
	close(again);
	plx_pci_intx_forget(&pci, &intx); /* watches nothing */
}

#define INTX_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		INTX_TEST(the_function_runs_when_the_line_is_raised_until_it_is_forgotten),
		INTX_TEST(a_line_that_is_refused_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
