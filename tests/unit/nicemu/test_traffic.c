/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames through an emulated NIC: doorbells by message and in memory, memory in files, in pieces and by message. */
#include "nicemu_client.h"

#include <pthread.h>
#include <sys/socket.h>

static void
frames_go_both_ways(void **state)
{
	struct plx_e1000_model_stats stats;
	struct client client;

	drive(&client);
	exchange(&client, 3 * RING_SIZE);
	plx_e1000_model_stats(plx_nicemu_model(card.nic), &stats);
	assert_int_equal(stats.sent, 3 * RING_SIZE);
	assert_int_equal(stats.taken, 3 * RING_SIZE);
	assert_int_equal(stats.dma_errors + stats.complaints, 0);
	hang_up(&client);
}

/* Once the rings run, no message is needed: what the driver does is stores, and what it sees is loads. */
static void
doorbells_in_memory_need_no_message(void **state)
{
	struct plx_nicemu_stats before, after;
	struct client client;

	connect_client(&client);
	map_bells(&client);
	assert_int_equal(map_file(&client, MEMORY_AT, MEMORY_LEN, READS | WRITES, 0, memory_fd), 0);
	set_command(&client, COMMAND_ALL);
	wait_for_link(&client);
	start_rings(&client, MEMORY_AT);
	plx_nicemu_stats(card.nic, &before);
	exchange(&client, 3 * RING_SIZE);
	plx_nicemu_stats(card.nic, &after);
	assert_int_equal(after.server.commands, before.server.commands);
	assert_int_equal(get_reg(&client, E1000_TDH), get_reg(&client, E1000_TDT));
	hang_up(&client);
}

static void
the_budget_is_kept_and_the_rest_comes_next(void **state)
{
	struct client client;

	drive(&client);
	for (unsigned i = 0; i < 20; i++)
		put_tx_desc(&client, MEMORY_AT + TX_BUFFERS, 60);
	set_reg(&client, E1000_TDT, client.tx_tail);
	settle(&card);
	assert_int_equal(card.n, 20);
	card.stuck = true;
	for (unsigned i = 0; i < 20; i++)
		put_tx_desc(&client, MEMORY_AT + TX_BUFFERS, 60);
	set_reg(&client, E1000_TDT, client.tx_tail);
	card.stuck = false;
	assert_int_equal(plx_nicemu_poll(card.nic, 8), 8);
	assert_int_equal(card.n, 28);
	settle(&card);
	assert_int_equal(card.n, 40);
	hang_up(&client);
}

/* Of frames that nobody took when their driver went, the card knows how many there were. */
static void
frames_that_are_left_behind_are_counted(void **state)
{
	struct plx_nicemu_stats stats;
	struct client client;

	drive(&client);
	exchange(&client, RING_SIZE - 2); /* so that they are around the end of the ring */
	card.stuck = true;
	for (unsigned i = 0; i < 5; i++)
		send_frame(&client, 60, 1);
	hang_up(&client);
	card.stuck = false;
	settle(&card);
	assert_int_equal(card.n, RING_SIZE - 2);
	plx_nicemu_stats(card.nic, &stats);
	assert_int_equal(stats.unsent, 5);
	drive(&client);
	exchange(&client, 2);
	hang_up(&client);
	plx_nicemu_stats(card.nic, &stats);
	assert_int_equal(stats.unsent, 5);
}

/* -- where the memory is --------------------------------------------------------------------------------------------------- */

/* Two maps that touch, and a buffer that lies in both; the two halves are far apart in the file. */
static void
a_buffer_may_lie_in_two_maps(void **state)
{
	const uint64_t half = 0x1000, at = MEMORY_AT + 0x100000;
	struct e1000_rx_desc *rx = (struct e1000_rx_desc *)(void *)(memory + RX_RING);
	uint8_t frame[200];
	struct client client;

	drive(&client);
	assert_int_equal(map_file(&client, at, half, READS | WRITES, 0x30000, memory_fd), 0);
	assert_int_equal(map_file(&client, at + half, half, READS | WRITES, 0x38000, memory_fd), 0);
	make_frame(frame, sizeof(frame), 7);
	frame[199] = 0x77;
	memcpy(memory + 0x30000 + half - 50, frame, 50);
	memcpy(memory + 0x38000, frame + 50, 150);
	put_tx_desc(&client, at + half - 50, sizeof(frame));
	set_reg(&client, E1000_TDT, client.tx_tail);
	settle(&card);
	assert_int_equal(card.n, 1);
	assert_memory_equal(card.last, frame, sizeof(frame));
	/* And back. */
	rx[0].addr = htole64(at + half - 30);
	frame[198] = 0x66;
	assert_int_equal(plx_nicemu_receive(card.nic, frame, sizeof(frame)), PLX_E1000_MODEL_TAKEN);
	settle(&card);
	assert_int_equal(le16toh(rx[0].length), sizeof(frame));
	assert_memory_equal(memory + 0x30000 + half - 30, frame, 30);
	assert_memory_equal(memory + 0x38000, frame + 30, 170);
	hang_up(&client);
}

struct answerer {
	int sock;
	unsigned reads, writes;
};

/* A driver's other end of a twin socket: it has the memory that the card asks for. */
static void *
answer_all(void *arg)
{
	struct answerer *answerer = arg;
	struct vfio_user_dma_access access;
	static uint8_t data[65536];
	struct vfio_user_msg msg;

	while (vfio_user_recv_head(answerer->sock, &msg, WAIT_MS, NULL) == 0) {
		const bool reads = msg.head.command == VFIO_USER_DMA_READ;
		struct vfio_user_head head = {.id = msg.head.id,
					      .command = msg.head.command,
					      .flags = VFIO_USER_TYPE_REPLY};
		uint8_t *at;

		if (vfio_user_recv_body(answerer->sock, &msg, &access, sizeof(access), WAIT_MS,
					NULL) != 0)
			break;
		hand_over();
		at = memory + (access.address - MEMORY_AT);
		answerer->reads += reads;
		answerer->writes += !reads;
		if (!reads && vfio_user_recv_body(answerer->sock, &msg, data, access.count, WAIT_MS,
						  NULL) != 0)
			break;
		if (!reads)
			memcpy(at, data, access.count);
		hand_over();
		vfio_user_send(
			answerer->sock, head, (struct vfio_user_piece){&access, sizeof(access)},
			(struct vfio_user_piece){at, reads ? access.count : 0}, NULL, 0, WAIT_MS);
	}
	return NULL;
}

static void
memory_without_a_file_is_read_and_written_by_message(void **state)
{
	struct answerer answerer = {0};
	struct plx_nicemu_stats stats;
	struct client client;
	pthread_t thread;

	call_in(&client);
	assert_int_equal(
		greet(&client, 0,
		      "{\"capabilities\":{\"max_msg_fds\":8,\"twin_socket\":{\"supported\":true}}}"),
		0);
	assert_int_equal(client.msg.nb_fds, 1);
	answerer.sock = client.twin = client.msg.fds[0];
	assert_int_equal(pthread_create(&thread, NULL, answer_all, &answerer), 0);
	assert_int_equal(map_file(&client, MEMORY_AT, MEMORY_LEN, READS | WRITES, 0, -1), 0);
	set_command(&client, COMMAND_ALL);
	wait_for_link(&client);
	start_rings(&client, MEMORY_AT);
	exchange(&client, 20);
	plx_nicemu_stats(card.nic, &stats);
	shutdown(answerer.sock, SHUT_RDWR); /* nobody closes what another thread waits on */
	assert_int_equal(pthread_join(thread, NULL), 0);
	hang_up(&client);
	assert_true(answerer.reads >= 40 && answerer.writes >= 40);
	assert_int_equal(stats.server.dma_messages, answerer.reads + answerer.writes);
}

/* -- several ----------------------------------------------------------------------------------------------------------------- */

static struct nic other;

static bool
wire_leads_to_other(void *arg, const struct plx_e1000_model_frame *frame)
{
	uint8_t bytes[2048];
	size_t at = 0;

	for (unsigned i = 0; i < frame->nb_parts; i++) {
		memcpy(bytes + at, frame->parts[i].iov_base, frame->parts[i].iov_len);
		at += frame->parts[i].iov_len;
	}
	plx_nicemu_receive(other.nic, bytes, at);
	return true;
}

/* Two cards of one thread, back to back: what one sends the other receives, inside the same turn. */
static void
cards_of_one_process_can_be_joined(void **state)
{
	struct plx_nicemu_options options = {.path = card.path,
					     .mac = {0x02},
					     .arg = &card,
					     .send = wire_leads_to_other,
					     .now_ns = skipping_clock};
	struct plx_e1000_model_stats stats;
	struct client client;

	plx_nicemu_destroy(card.nic);
	assert_int_equal(plx_nicemu_create(&options, &card.nic, NULL), 0);
	assert_int_equal(make_card(&other, "b", true), 0);
	drive(&client);
	for (unsigned i = 0; i < 7; i++)
		send_frame(&client, 60, 1);
	plx_e1000_model_stats(plx_nicemu_model(other.nic), &stats);
	assert_int_equal(stats.in, 7);
	assert_int_equal(stats.down, 7);
	hang_up(&client);
	plx_nicemu_destroy(other.nic);
}

int
main(void)
{
#define CASE(name)	 cmocka_unit_test_setup_teardown(name, setup, teardown)
#define BELLS_CASE(name) cmocka_unit_test_setup_teardown(name, setup_bells, teardown)
	const struct CMUnitTest tests[] = {
		CASE(frames_go_both_ways),
		BELLS_CASE(doorbells_in_memory_need_no_message),
		CASE(the_budget_is_kept_and_the_rest_comes_next),
		CASE(frames_that_are_left_behind_are_counted),
		CASE(a_buffer_may_lie_in_two_maps),
		CASE(memory_without_a_file_is_read_and_written_by_message),
		CASE(cards_of_one_process_can_be_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
