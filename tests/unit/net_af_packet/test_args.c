/* SPDX-License-Identifier: BSD-3-Clause */
/* The devargs of net_af_packet, and the rings they make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>

#include "afp_priv.h"

static void
an_interface_is_all_that_must_be_said(void **state)
{
	struct afp_args args;

	assert_int_equal(afp_args_parse("iface=eth7", &args, NULL), 0);
	assert_string_equal(args.iface, "eth7");
	assert_int_equal(args.fanout_mode, PACKET_FANOUT_HASH);
	assert_int_equal(args.block_timeout, 1);
	assert_false(args.qdisc_bypass);
	assert_false(args.outgoing);
	assert_true(args.blocksz >= 65536 + 256);
}

static void
every_word_is_understood(void **state)
{
	struct afp_args args;

	assert_int_equal(afp_args_parse("iface=e,qpairs=3,blocksz=64K,framesz=4096,framecnt=100,"
					"qdisc_bypass=1,outgoing=1,block_timeout=20",
					&args, NULL),
			 0);
	assert_int_equal(args.qpairs, 3);
	assert_int_equal(args.blocksz, 65536);
	assert_int_equal(args.framesz, 4096);
	assert_int_equal(args.framecnt, 100);
	assert_int_equal(args.block_timeout, 20);
	assert_true(args.qdisc_bypass);
	assert_true(args.outgoing);
}

static void
fanout_modes_are_the_kernels_numbers(void **state)
{
	static const struct {
		const char *args;
		int mode;
	} modes[] = {
		{"iface=e,fanout_mode=hash", PACKET_FANOUT_HASH},
		{"iface=e,fanout_mode=lb", PACKET_FANOUT_LB},
		{"iface=e,fanout_mode=cpu", PACKET_FANOUT_CPU},
		{"iface=e,fanout_mode=rollover", PACKET_FANOUT_ROLLOVER},
		{"iface=e,fanout_mode=rnd", PACKET_FANOUT_RND},
		{"iface=e,fanout_mode=qm", PACKET_FANOUT_QM},
	};
	struct afp_args args;

	for (size_t i = 0; i < PLX_ARRAY_LEN(modes); i++) {
		assert_int_equal(afp_args_parse(modes[i].args, &args, NULL), 0);
		assert_int_equal(args.fanout_mode, modes[i].mode);
		assert_non_null(strstr(modes[i].args, afp_fanout_name(args.fanout_mode)));
	}
}

static void
nonsense_is_refused_with_the_word_in_question(void **state)
{
	static const struct {
		const char *args, *word;
	} bad[] = {
		{"", "iface"},
		{"qpairs=2", "iface"},
		{"iface=e,qpairs=0", "qpairs"},
		{"iface=e,qpairs=65", "qpairs"},
		{"iface=e,blocksz=5000", "blocksz"},
		{"iface=e,blocksz=1", "blocksz"},
		{"iface=e,framesz=100", "framesz"},
		{"iface=e,framesz=200", "framesz"},
		{"iface=e,blocksz=4096,framesz=8192", "framesz"},
		{"iface=e,framecnt=0", "framecnt"},
		{"iface=e,blocksz=64M,framesz=64M,framecnt=60000", "2 GiB"},
		{"iface=e,fanout_mode=random", "fanout_mode"},
		{"iface=e,block_timeout=0", "block_timeout"},
		{"iface=e,iface=f", "iface"},
		{"iface=e,blocksize=4096", "blocksize"},
	};
	struct afp_args args;

	for (size_t i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		struct plx_why why = {""};

		assert_int_equal(afp_args_parse(bad[i].args, &args, &why), -EINVAL);
		if (strstr(why.text, bad[i].word) == NULL)
			fail_msg("%s: %s", bad[i].args, why.text);
	}
}

/* What packet_set_ring() of the kernel asks for. */
static void
check_size(const struct afp_args *args, uint16_t descs)
{
	struct afp_ring_size size = afp_ring_size(args, descs);
	uint64_t bytes = (uint64_t)size.block_size * size.nb_blocks;

	assert_int_equal(size.nb_frames, size.block_size / size.frame_size * size.nb_blocks);
	assert_int_equal(size.block_size % 4096, 0);
	assert_true(size.nb_blocks >= 2);
	assert_true(bytes >= (uint64_t)descs * size.frame_size);
}

static void
rings_have_room_for_their_descriptors_in_whole_blocks(void **state)
{
	static const char *const all[] = {
		"iface=e",
		"iface=e,blocksz=4096,framesz=128",
		"iface=e,blocksz=4096,framesz=4096",
		"iface=e,blocksz=1M,framesz=1536",
	};
	static const uint16_t descs[] = {1, 2, 63, 64, 65, 4096, 32768};

	for (size_t i = 0; i < PLX_ARRAY_LEN(all); i++) {
		struct afp_args args;

		assert_int_equal(afp_args_parse(all[i], &args, NULL), 0);
		for (size_t k = 0; k < PLX_ARRAY_LEN(descs); k++)
			check_size(&args, descs[k]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interface_is_all_that_must_be_said),
		cmocka_unit_test(every_word_is_understood),
		cmocka_unit_test(fanout_modes_are_the_kernels_numbers),
		cmocka_unit_test(nonsense_is_refused_with_the_word_in_question),
		cmocka_unit_test(rings_have_room_for_their_descriptors_in_whole_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
