/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices whose registers lie, that refuse, that never answer, that are gone: the driver says no or goes without, in bounded
 * time, and a healthy device works after it.
 */
#include "fake_port.h"
#include "patience.h"
#include "virtio.h"

#include "plx_byteorder.h"
#include "plx_log.h"

#define WAIT_MS	  50	      /* for an answer that never comes */
#define LIMIT_MS  PATIENCE_MS /* for one life of a port, however many questions stay unanswered */
#define BAR_CAP	  VIRTIO_PCI_CAP_BAR
#define LIFE_MAX  3000
#define STRIDE	  11 /* of accesses, between two deaths of a device */
#define CAPS_AT	  0x34
#define FIRST_CAP 0x40

struct fault {
	const char *name;
	void (*apply)(void);
	unsigned flavours; /* bits; 0: all */
	bool harmless;	   /* the port must work all the same */
	bool fatal;	   /* the port must not start */
	const char *says;  /* when it does not */
};
#define SPLIT  (1u << 0)
#define MODERN (1u << 0 | 1u << 1)

/* Whatever can be done with a port, as far as it lets us. Returns whether it started. */
static bool
live(void)
{
	uint64_t begin = now_ms();
	struct plx_ethdev_link link;
	bool started;

	why.text[0] = '\0';
	started = attach(FAKE_DEVICE) == 0 && start(1, NULL) == 0;

	if (!started && why.text[0] == '\0')
		fail_msg("no word about why it did not start");
	if (started) {
		put(0, 10);
		receive_all();
		send_some(0, 10);
		plx_ethdev_link(port, &link);
		plx_ethdev_set_promiscuous(port, true);
		plx_ethdev_set_mtu(port, 1400, NULL);
		receive_all();
		plx_ethdev_stop(port);
	}
	if (plx_device_find(FAKE_DEVICE) != NULL)
		assert_int_equal(plx_device_detach(FAKE_DEVICE, NULL), 0);
	assert_null(strstr(vfake_violations(fake), VFAKE_MASTER_LEFT)); /* removed, or refused */
	if (now_ms() - begin > LIMIT_MS)
		fail_msg("it took %llu ms", (unsigned long long)(now_ms() - begin));
	return started;
}

/* A healthy device of the same name and kind works, and the driver keeps the rules. */
static void
healthy(const struct vfake_options *options)
{
	make_port(options);
	both_ways(3);
	assert_int_equal(plx_device_detach(FAKE_DEVICE, NULL), 0);
	assert_string_equal(vfake_violations(fake), "");
	drop_port();
}

/* -- registers --------------------------------------------------------------------------------------------------- */

static void
stuck_reset(void)
{
	vfake_faults(fake)->reset_stuck = true;
}

static void
features_refused(void)
{
	vfake_faults(fake)->features_refused = true;
}

static void
restless(void)
{
	vfake_faults(fake)->restless = -1;
}

static void
restless_for_a_while(void)
{
	vfake_faults(fake)->restless = 3;
}

static void
gone(void)
{
	vfake_faults(fake)->dead = true;
}

static void
queue_not_enabled(void)
{
	vfake_faults(fake)->enable_refused = true;
}

static void
no_vector(void)
{
	vfake_faults(fake)->vector_refused = true;
}

static void
no_answers(void)
{
	vfake_faults(fake)->ctrl_silent = true;
}

static void
commands_refused(void)
{
	vfake_faults(fake)->ctrl_refuses = true;
}

static void
queue_size(uint16_t size)
{
	vfake_faults(fake)->queue_size_lies = true;
	vfake_faults(fake)->queue_size = size;
}

static void
queues_of_none(void)
{
	queue_size(0);
}

static void
queues_of_three(void)
{
	queue_size(3);
}

static void
queues_of_65535(void)
{
	queue_size(65535);
}

static void
doorbell_far_away(void)
{
	vfake_faults(fake)->notify_off_lies = true;
	vfake_faults(fake)->notify_off = 0x400; /* times 4 is the first byte behind */
}

static void
doorbell_at_the_end_of_the_world(void)
{
	vfake_faults(fake)->notify_off_lies = true;
	vfake_faults(fake)->notify_off = 0xffff;
}

static void
no_pairs(void)
{
	plx_store_le16(vfake_config(fake) + VIRTIO_NET_CFG_MAX_PAIRS, 0);
}

static void
pairs_without_end(void)
{
	plx_store_le16(vfake_config(fake) + VIRTIO_NET_CFG_MAX_PAIRS, 0xffff);
}

static void
mtu(uint16_t bytes)
{
	plx_store_le16(vfake_config(fake) + VIRTIO_NET_CFG_MTU, bytes);
}

static void
mtu_0(void)
{
	mtu(0);
}

static void
mtu_67(void)
{
	mtu(67);
}

static void
mtu_65535(void)
{
	mtu(65535);
}

static const struct fault register_faults[] = {
	{"a reset that never ends", stuck_reset, .flavours = SPLIT, .fatal = true,
	 .says = "does not finish its reset within 50 ms"},
	{"features refused", features_refused, .flavours = MODERN, .fatal = true,
	 .says = "the device refuses the features"},
	{"a configuration that never settles", restless, .flavours = SPLIT, .fatal = true,
	 .says = "no two readings of its generation"},
	{"a configuration that settles late", restless_for_a_while, .flavours = MODERN,
	 .harmless = true},
	{"all ones", gone, .fatal = true, .says = "its configuration space is all ones"},
	{"a queue that is not enabled", queue_not_enabled, .flavours = MODERN},
	{"no interrupt vector", no_vector},
	{"a silent control queue", no_answers, .flavours = MODERN},
	{"commands refused", commands_refused},
	{"queues of size 0", queues_of_none, .fatal = true,
	 .says = "the device has no virtqueue 0"},
	{"queues of size 3", queues_of_three, .says = "descriptors"},
	{"queues of size 65535", queues_of_65535, .fatal = true,
	 .says = "says it has 65535 descriptors"},
	{"a doorbell behind its window", doorbell_far_away, .flavours = MODERN, .fatal = true,
	 .says = "its doorbell at offset 4096 of 4096 bytes"},
	{"a doorbell far behind", doorbell_at_the_end_of_the_world, .flavours = MODERN,
	 .fatal = true, .says = "its doorbell at offset 262140 of 4096 bytes"},
	{"no queue pairs", no_pairs},
	{"65535 queue pairs", pairs_without_end},
	{"an MTU of 0", mtu_0, .harmless = true},
	{"an MTU of 67", mtu_67, .harmless = true},
	{"an MTU of 65535", mtu_65535},
};

static void
run_fault(const struct fault *fault, const struct flavour *flavour)
{
	struct vfake_options options = flavour->options;
	bool started;

	options.features |= VIRTIO_BIT(VIRTIO_NET_F_MTU);
	make_device(&options);
	fault->apply();
	started = live();
	if (fault->harmless && !started)
		fail_msg("%s, %s: it did not start", flavour->name, fault->name);
	if (fault->fatal && started)
		fail_msg("%s, %s: it started", flavour->name, fault->name);
	if (!started && (fault->says == NULL || strstr(why.text, fault->says) == NULL))
		fail_msg("%s, %s: it says '%s'", flavour->name, fault->name, why.text);
	drop_port();
	healthy(&options);
}

static void
registers_that_lie_are_survived(void **state)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(register_faults); i++)
		for (unsigned k = 0; k < 3; k++)
			if (register_faults[i].flavours == 0 ||
			    (register_faults[i].flavours & 1u << k) != 0)
				run_fault(&register_faults[i], &flavours[k]);
}

static unsigned given_up;

static void
count_lines(void *arg, enum plx_log_level level, const char *component, const char *text)
{
	given_up += strstr(text, "the control queue is given up") != NULL;
}

/* However many commands there are after the one that was not answered. */
static void
a_control_queue_that_never_answers_is_told_once(void **state)
{
	for (unsigned k = 0; k < 2; k++) {
		given_up = 0;
		make_device(&flavours[k].options);
		no_answers();
		plx_log_set_sink(count_lines, NULL);
		live();
		plx_log_set_sink(NULL, NULL);
		assert_int_equal(given_up, 1);
		drop_port();
		healthy(&flavours[k].options);
	}
}

static void
lose_first_answer(void *arg, struct vfake_used *used)
{
	unsigned *answers = arg;

	if (used->queue == 2 && (*answers)++ == 0)
		used->times = 0;
}

static void
a_command_that_gets_lost_is_said_again_where_queues_can_be_reset(void **state)
{
	for (unsigned k = 0; k < 2; k++) {
		struct vfake_options options = flavours[k].options;
		unsigned answers = 0;

		options.features |= VIRTIO_BIT(VIRTIO_F_RING_RESET);
		options.pairs = 1;
		make_port(&options);
		vfake_tamper(fake, lose_first_answer, &answers);
		for (int on = 1; on >= 0; on--) {
			assert_int_equal(plx_ethdev_set_promiscuous(port, on), 0);
			assert_int_equal(vfake_state(fake).promisc, on);
			assert_int_equal(vfake_state(fake).queue_resets, 1);
		}
		both_ways(2);
		/* Another one in the same life is one too many; the next life has its own chance. */
		answers = 0;
		assert_int_not_equal(plx_ethdev_set_promiscuous(port, true), 0);
		assert_int_equal(vfake_state(fake).queue_resets, 1);
		assert_int_equal(plx_ethdev_stop(port), 0);
		assert_int_equal(plx_ethdev_start(port, &why), 0);
		answers = 0;
		assert_int_equal(plx_ethdev_set_promiscuous(port, true), 0);
		assert_int_equal(vfake_state(fake).queue_resets, 1);
		assert_string_equal(vfake_violations(fake), "");
		drop_port();
	}
}

/* -- capabilities -------------------------------------------------------------------------------------------------- */

/* Where the capability of that type is. */
static uint8_t *
cap_of(uint8_t type)
{
	uint8_t *space = vfake_config_space(fake);

	for (unsigned at = space[CAPS_AT]; at != 0; at = space[at + 1])
		if (space[at] == PLX_PCI_CAP_VENDOR && space[at + VIRTIO_PCI_CAP_TYPE] == type)
			return space + at;
	fail_msg("no capability of type %u", type);
	return NULL;
}

struct cap_fault {
	const char *name;
	void (*apply)(uint8_t *cap);
	const char *says;
};

static void
cap_is_short(uint8_t *cap)
{
	cap[VIRTIO_PCI_CAP_LEN] = 8;
}

static void
cap_has_no_bar(uint8_t *cap)
{
	cap[BAR_CAP] = 5;
}

static void
cap_has_bar_200(uint8_t *cap)
{
	cap[BAR_CAP] = 200;
}

static void
cap_leaves_its_bar(uint8_t *cap)
{
	plx_store_le32(cap + VIRTIO_PCI_CAP_OFFSET, 0x3ffc);
	plx_store_le32(cap + VIRTIO_PCI_CAP_LENGTH, 0x1000);
}

static void
cap_wraps_around(uint8_t *cap)
{
	plx_store_le32(cap + VIRTIO_PCI_CAP_OFFSET, 0xfffffff0);
	plx_store_le32(cap + VIRTIO_PCI_CAP_LENGTH, 0x20);
}

static void
cap_is_of_length_0(uint8_t *cap)
{
	plx_store_le32(cap + VIRTIO_PCI_CAP_LENGTH, 0);
}

static void
cap_is_missing(uint8_t *cap)
{
	cap[0] = 0;
}

static const struct cap_fault cap_faults[] = {
	{"a capability of 8 bytes", cap_is_short, "its capabilities lack the "},
	{"a BAR that is not there", cap_has_no_bar, "the device has no BAR 5"},
	{"BAR 200", cap_has_bar_200, "the device has no BAR 200"},
	{"a window behind its BAR", cap_leaves_its_bar, "4096 at offset 16380 do not fit"},
	{"a window that wraps around", cap_wraps_around, "at offset 4294967280"},
	{"a window of no bytes", cap_is_of_length_0, "has 0 bytes at offset"},
	{"no capability", cap_is_missing, "its capabilities lack the "},
};

static void
capabilities_that_lie_keep_the_port_from_being_made(void **state)
{
	static const uint8_t types[] = {VIRTIO_PCI_CAP_COMMON, VIRTIO_PCI_CAP_NOTIFY};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(cap_faults); i++) {
		for (unsigned k = 0; k < PLX_ARRAY_LEN(types); k++) {
			make_device(&flavours[0].options);
			cap_faults[i].apply(cap_of(types[k]));
			if (live())
				fail_msg("type %u, %s: it started", types[k], cap_faults[i].name);
			if (strstr(why.text, cap_faults[i].says) == NULL)
				fail_msg("type %u, %s: it says '%s'", types[k], cap_faults[i].name,
					 why.text);
			drop_port();
		}
	}
	healthy(&flavours[0].options);
}

static void
a_list_of_capabilities_that_loops_or_leaves_its_space_ends(void **state)
{
	static const uint8_t nexts[] = {FIRST_CAP, 0x3c, 0x04, 0xfc, 0xff};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(nexts); i++) {
		make_device(&flavours[0].options);
		cap_of(VIRTIO_PCI_CAP_NOTIFY)[1] = nexts[i];
		live();
		drop_port();
	}
	make_device(&flavours[0].options);
	vfake_config_space(fake)[CAPS_AT] = 0x10;
	assert_false(live());
	drop_port();
	healthy(&flavours[0].options);
}

static void
a_second_capability_of_a_kind_is_not_looked_at(void **state)
{
	struct vfake_options options = flavours[0].options;

	options.twin = true;
	healthy(&options);
}

/* -- gone ------------------------------------------------------------------------------------------------------------- */

static void
a_device_may_go_at_any_access(void **state)
{
	for (unsigned k = 0; k < 3; k++) {
		unsigned after;

		for (after = 1; after < LIFE_MAX; after += after < 20 ? 1 : STRIDE) {
			bool alive;

			make_device(&flavours[k].options);
			vfake_faults(fake)->dies_after = after;
			live();
			alive = !vfake_faults(fake)->dead;
			drop_port();
			if (alive)
				break;
		}
		/* It outlived a whole life in the end: every stage was cut. */
		assert_in_range(after, 20, LIFE_MAX - 1);
		healthy(&flavours[k].options);
	}
}

static void
a_device_that_goes_in_traffic_is_survived(void **state)
{
	for (unsigned k = 0; k < 3; k++) {
		make_port(&flavours[k].options);
		both_ways(2);
		put(0, 5);
		vfake_faults(fake)->dead = true;
		receive_all();
		send_some(0, 100);
		assert_int_equal(plx_ethdev_stop(port), 0);
		drop_port();
		healthy(&flavours[k].options);
	}
}

static void
a_device_that_needs_a_reset_can_be_started_again(void **state)
{
	for (unsigned k = 0; k < 3; k++) {
		make_port(&flavours[k].options);
		both_ways(2);
		vfake_need_reset(fake);
		receive_all();
		send_some(0, 100);
		assert_int_equal(plx_ethdev_stop(port), 0);
		assert_int_equal(plx_ethdev_start(port, &why), 0);
		both_ways(2);
		drop_port();
	}
}

/* It may be the machine that stood still while the device did what it was asked for. */
static void
a_device_is_looked_at_though_the_time_is_over(void **state)
{
	virtio_wait_ms = 0;
	for (unsigned k = 0; k < NB_FLAVOURS; k++)
		healthy(&flavours[k].options);
	virtio_wait_ms = WAIT_MS;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_PORT_TEST(registers_that_lie_are_survived),
		FAKE_PORT_TEST(a_control_queue_that_never_answers_is_told_once),
		FAKE_PORT_TEST(a_command_that_gets_lost_is_said_again_where_queues_can_be_reset),
		FAKE_PORT_TEST(capabilities_that_lie_keep_the_port_from_being_made),
		FAKE_PORT_TEST(a_list_of_capabilities_that_loops_or_leaves_its_space_ends),
		FAKE_PORT_TEST(a_second_capability_of_a_kind_is_not_looked_at),
		FAKE_PORT_TEST(a_device_may_go_at_any_access),
		FAKE_PORT_TEST(a_device_that_goes_in_traffic_is_survived),
		FAKE_PORT_TEST(a_device_that_needs_a_reset_can_be_started_again),
		FAKE_PORT_TEST(a_device_is_looked_at_though_the_time_is_over),
	};

	virtio_wait_ms = WAIT_MS;
	return cmocka_run_group_tests(tests, fake_port_setup, fake_port_teardown);
}
