/* SPDX-License-Identifier: BSD-3-Clause */
/* The front end's side of the conversation, with back ends that keep to the protocol and with all others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "patience.h"
#include "user.h"
#include "user_backend.h"

#include <errno.h>
#include <stdio.h>

#define QUICK_MS 100 /* for who is not to wait for an answer that does not come */

static struct user_peer
patient_peer(void)
{
	struct user_peer peer;

	user_peer_init(&peer, PATIENCE_MS, PATIENCE_MS);
	return peer;
}

static struct user_peer
quick_peer(void)
{
	struct user_peer peer;

	user_peer_init(&peer, QUICK_MS, QUICK_MS);
	return peer;
}

static void
greeting_agrees_on_what_both_have(void **state)
{
	struct backend b = {BACKEND_GOOD};
	struct user_peer peer = patient_peer();

	assert_int_equal(user_peer_greet(&peer, backend_start(&b), 2), 0);
	assert_int_equal(peer.features, b.features);
	/* MQ, REPLY_ACK, MTU and STATUS; no slots, as none are offered. */
	assert_int_equal(b.agreed, 0x10019);
	assert_int_equal(peer.protocol, 0x10019);
	assert_int_equal(peer.max_pairs, VIRTIO_PAIRS_MAX);
	assert_int_equal(peer.max_regions, VHOST_USER_REGIONS_MAX);
	user_peer_leave(&peer);
	assert_int_equal(peer.sock, -1);
	backend_stop(&b);
}

static void
one_pair_needs_no_mq(void **state)
{
	struct backend b = {BACKEND_GOOD};
	struct user_peer peer = patient_peer();

	b.protocol |= VIRTIO_BIT(VHOST_USER_PROTOCOL_F_MEM_SLOTS);
	assert_int_equal(user_peer_greet(&peer, backend_start(&b), 1), 0);
	assert_int_equal(b.agreed, 0x18018);
	assert_int_equal(peer.max_pairs, 1);
	assert_int_equal(peer.max_regions, USER_REGIONS_MAX);
	user_peer_leave(&peer);
	backend_stop(&b);
}

static void
a_back_end_without_protocol_features_is_fine(void **state)
{
	struct backend b = {BACKEND_GOOD};
	struct user_peer peer = patient_peer();

	b.features &= ~VIRTIO_BIT(VHOST_USER_F_PROTOCOL_FEATURES);
	assert_int_equal(user_peer_greet(&peer, backend_start(&b), 2), 0);
	assert_int_equal(peer.protocol, 0);
	assert_int_equal(b.nb_notes, 2);
	/* Nothing is acknowledged; that memory is mapped is learned by a question. */
	assert_int_equal(user_peer_order_u64(&peer, VHOST_USER_SET_FEATURES, 5), 0);
	assert_int_equal(user_peer_order(&peer, VHOST_USER_SET_MEM_TABLE,
					 &(struct vhost_user_msg){.head.size = 8}),
			 0);
	assert_int_equal(b.notes[b.nb_notes - 1].head.request, VHOST_USER_GET_FEATURES);
	user_peer_leave(&peer);
	backend_stop(&b);
}

static void
a_refusal_does_not_end_the_conversation(void **state)
{
	struct backend b = {BACKEND_GOOD, .fault_at = VHOST_USER_SET_VRING_NUM,
			    .fault = FAULT_REFUSE};
	struct user_peer peer = patient_peer();

	assert_int_equal(user_peer_greet(&peer, backend_start(&b), 1), 0);
	assert_int_equal(user_peer_order_state(&peer, VHOST_USER_SET_VRING_NUM, 0, 256),
			 -EREMOTEIO);
	assert_string_equal(peer.why.text, "");
	assert_int_equal(user_peer_order_state(&peer, VHOST_USER_SET_VRING_BASE, 0, 0), 0);
	user_peer_leave(&peer);
	backend_stop(&b);
}

static void
nobody_is_no_crash(void **state)
{
	struct user_peer peer = patient_peer();
	uint64_t value;

	assert_int_equal(user_peer_order_u64(&peer, VHOST_USER_SET_STATUS, 1), -ENOTCONN);
	assert_int_equal(user_peer_ask_u64(&peer, VHOST_USER_GET_STATUS, &value), -ENOTCONN);
	user_peer_cut(&peer, "x");
	user_peer_leave(&peer);
}

/* -- all that a back end can do wrong ------------------------------------------------------------------------------------ */

/* The messages whose answers are looked at, and what of the faults cannot be one there. */
static int
talk(struct user_peer *peer)
{
	uint64_t value;
	uint32_t num;
	int ret;

	ret = user_peer_order(peer, VHOST_USER_SET_MEM_TABLE,
			      &(struct vhost_user_msg){.head.size = 8});
	if (ret == 0)
		ret = user_peer_order_fd(peer, VHOST_USER_SET_VRING_CALL, 0, 0);
	if (ret == 0)
		ret = user_peer_ask_u64(peer, VHOST_USER_GET_STATUS, &value);
	if (ret == 0)
		ret = user_peer_ask_state(peer, VHOST_USER_GET_VRING_BASE, 1, &num);
	return ret;
}

static bool
is_fine(uint32_t request, enum fault fault)
{
	switch (fault) {
	case FAULT_INDEX:
		return request != VHOST_USER_GET_VRING_BASE;
	case FAULT_ZERO:
		return request != VHOST_USER_GET_QUEUE_NUM &&
		       request != VHOST_USER_GET_MAX_MEM_SLOTS;
	case FAULT_REFUSE:
		return true;
	default:
		return false;
	}
}

static void
one_fault(uint32_t request, enum fault fault)
{
	struct backend b = {BACKEND_GOOD, .fault_at = request, .fault = fault};
	unsigned before = backend_open_fds();
	struct user_peer peer = quick_peer();
	int ret;

	b.protocol |= VIRTIO_BIT(VHOST_USER_PROTOCOL_F_MEM_SLOTS);
	ret = user_peer_greet(&peer, backend_start(&b), 2);
	if (ret == 0)
		ret = talk(&peer);
	if (ret >= 0 || strstr(peer.why.text, vhost_user_name(request)) == NULL)
		print_message("%s, fault %d: %d %s\n", vhost_user_name(request), fault, ret,
			      peer.why.text);
	assert_true(ret < 0);
	assert_string_not_equal(peer.why.text, "");
	/* Whoever waits for the end of the conversation sees it, and nothing more is said. */
	assert_true(plx_unixsock_readable(peer.sock));
	assert_int_equal(user_peer_order_u64(&peer, VHOST_USER_SET_STATUS, 0), -ESHUTDOWN);
	user_peer_leave(&peer);
	backend_stop(&b);
	assert_int_equal(backend_open_fds(), before);
}

static void
whatever_is_wrong_ends_the_conversation_with_a_sentence(void **state)
{
	static const uint32_t requests[] = {
		VHOST_USER_GET_FEATURES,  VHOST_USER_GET_PROTOCOL_FEATURES,
		VHOST_USER_GET_QUEUE_NUM, VHOST_USER_GET_MAX_MEM_SLOTS,
		VHOST_USER_SET_MEM_TABLE, VHOST_USER_SET_VRING_CALL,
		VHOST_USER_GET_STATUS,	  VHOST_USER_GET_VRING_BASE,
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(requests); i++)
		for (int fault = FAULT_SILENT; fault < FAULT_LAST; fault++)
			if (!is_fine(requests[i], (enum fault)fault))
				one_fault(requests[i], (enum fault)fault);
}

/* None alone is wrong; what was waited for before counts, and is forgiven while nothing is waited for. */
static void
answers_that_all_come_late_end_the_conversation(void **state)
{
	struct backend b = {BACKEND_GOOD, .fault_at = VHOST_USER_GET_STATUS, .fault = FAULT_LATE};
	const uint64_t limit = (uint64_t)PATIENCE_MS * USER_LATE_ANSWERS * 1000000; /* ns */
	struct user_peer peer;
	uint64_t value;

	user_peer_init(&peer, PATIENCE_MS, PATIENCE_MS);
	assert_int_equal(user_peer_greet(&peer, backend_start(&b), 1), 0);
	assert_int_equal(user_peer_ask_u64(&peer, VHOST_USER_GET_STATUS, &value), 0);
	assert_true(peer.waited >= 60 * 1000000ull);
	peer.waited =
		limit + PATIENCE_MS * 1000000ull; /* more than this thread may have to wait now */
	assert_int_equal(user_peer_ask_u64(&peer, VHOST_USER_GET_STATUS, &value), -ETIMEDOUT);
	assert_non_null(strstr(peer.why.text, " s, one after the other"));
	assert_true(plx_unixsock_readable(peer.sock));
	user_peer_leave(&peer);
	backend_stop(&b);
}

static void
waiting_is_forgiven_while_nothing_is_asked(void **state)
{
	struct backend b = {BACKEND_GOOD};
	struct user_peer peer;
	uint64_t value;

	user_peer_init(&peer, PATIENCE_MS, PATIENCE_MS);
	assert_int_equal(user_peer_greet(&peer, backend_start(&b), 1), 0);
	peer.waited = PATIENCE_MS * 1000000ull;
	peer.last_answer -= PATIENCE_MS * 1000000ull; /* as if so much time had passed since then */
	assert_int_equal(user_peer_ask_u64(&peer, VHOST_USER_GET_STATUS, &value), 0);
	assert_true(peer.waited < PATIENCE_MS * 1000000ull);
	user_peer_leave(&peer);
	backend_stop(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(greeting_agrees_on_what_both_have),
		cmocka_unit_test(one_pair_needs_no_mq),
		cmocka_unit_test(a_back_end_without_protocol_features_is_fine),
		cmocka_unit_test(a_refusal_does_not_end_the_conversation),
		cmocka_unit_test(nobody_is_no_crash),
		cmocka_unit_test(whatever_is_wrong_ends_the_conversation_with_a_sentence),
		cmocka_unit_test(answers_that_all_come_late_end_the_conversation),
		cmocka_unit_test(waiting_is_forgiven_while_nothing_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
