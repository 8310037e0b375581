/* SPDX-License-Identifier: BSD-3-Clause */
/* Engines that make packets or keep them: txonly, flowgen, noisy. And what happens when a tx queue is full. */
#include "engine_fixture.h"

#include <errno.h>
#include <pthread.h>

static uint32_t
src_of(const struct frame *f)
{
	return plx_load_be32(f->bytes + 26);
}

static uint32_t
dst_of(const struct frame *f)
{
	return plx_load_be32(f->bytes + 30);
}

static void
take_good(struct frame *f)
{
	f->len = take(f->bytes);
	assert_true(f->len > 0);
	assert_int_equal(ipv4_csum(f), PLX_NET_CSUM_GOOD);
	assert_int_equal(l4_csum(f), PLX_NET_CSUM_GOOD);
}

static void
flows_follow_each_other_and_begin_again(void **state)
{
	struct frame f;

	app.args.engines.flows = 20;
	begin("flowgen");
	engine->run(&stream);
	for (uint32_t i = 0; i < 32; i++) {
		take_good(&f);
		assert_int_equal(f.len, 64);
		assert_memory_equal(f.bytes, "\0\x01\x02\x03\x04\x01\0\x01\x02\x03\x04\0", 12);
		assert_int_equal(src_of(&f), 10u << 24 | 254u << 16);
		assert_int_equal(dst_of(&f), (10u << 24 | 253u << 16) + i % 20);
		assert_int_equal(plx_load_be16(f.bytes + 34), 1000);
		assert_int_equal(plx_load_be16(f.bytes + 36), 1001);
	}
	assert_int_equal(stream.tx, 32);
	end();
}

/* Every low and high half of an address, so that each carry of the checksums is met. */
static void
checksums_of_all_flows_are_good(void **state)
{
	struct frame f;

	app.args.engines.flows = 70000;
	begin("flowgen");
	for (unsigned i = 0; i < 70016; i++) {
		if (i % 32 == 0)
			engine->run(&stream);
		take_good(&f);
	}
	end();
}

static void
flows_in_segments_have_right_checksums_too(void **state)
{
	struct frame f;

	app.args.txpkts = (struct txpkts){.n = 3, .len = {64, 101, 64}, .split = TXSPLIT_RAND};
	app.args.engines.flows = 20;
	begin("flowgen");
	engine->run(&stream);
	for (uint32_t i = 0; i < 32; i++) {
		take_good(&f);
		assert_true(f.len == 64 || f.len == 165 || f.len == 229);
		assert_int_equal(dst_of(&f), (10u << 24 | 253u << 16) + i % 20);
	}
	end();
}

static void
flowgen_frees_what_it_receives(void **state)
{
	begin("flowgen");
	give("some packet that comes from elsewhere", 38);
	engine->run(&stream);
	assert_int_equal(stream.rx, 1);
	end();
}

/* Of 96 packets 64 find room; the flow of the first that found none is the next to be sent. */
static void
flows_that_were_dropped_come_again(void **state)
{
	struct frame f = {0};
	uint64_t sent;

	begin("flowgen");
	for (unsigned i = 0; i < 3; i++)
		engine->run(&stream);
	sent = stream.tx;
	assert_int_equal(sent + stream.dropped, 96);
	assert_true(stream.dropped >= 32);
	for (uint64_t i = 0; i < sent; i++)
		take_good(&f);
	engine->run(&stream);
	take_good(&f);
	assert_int_equal(dst_of(&f), (10u << 24 | 253u << 16) + sent);
	end();
}

static void
txonly_sends_between_the_addresses_it_was_given(void **state)
{
	struct engine_settings *settings = &app.args.engines;
	struct frame f;

	memcpy(settings->src_ip, "\x0a\x01\x02\x03", 4);
	memcpy(settings->dst_ip, "\x0a\x04\x05\x06", 4);
	settings->src_port = 7;
	settings->dst_port = 8;
	memcpy(settings->ports[NEAR].peer, "\x02\xaa\xbb\xcc\xdd\xee", 6);
	begin("txonly");
	engine->run(&stream);
	for (unsigned i = 0; i < 32; i++) {
		take_good(&f);
		assert_memory_equal(f.bytes, "\x02\xaa\xbb\xcc\xdd\xee", 6);
		assert_memory_equal(f.bytes + 6, near_mac, 6);
		assert_int_equal(src_of(&f), 0x0a010203);
		assert_int_equal(dst_of(&f), 0x0a040506);
		assert_int_equal(plx_load_be32(f.bytes + 34), 7u << 16 | 8);
	}
	end();
}

static void
txonly_has_256_sources_if_it_shall(void **state)
{
	struct frame f;

	app.args.engines.multi_flow = true;
	begin("txonly");
	for (uint32_t i = 0; i < 512; i++) {
		if (i % 32 == 0)
			engine->run(&stream);
		take_good(&f);
		assert_int_equal(src_of(&f), 198u << 24 | 18u << 16 | (i & 0xff) << 8 | 1);
	}
	end();
}

/* -- buffers that hold the bytes already ---------------------------------------------------------------- */

#define LONG  1500
#define SOME  200 /* a byte behind the headers */
#define WRONG 0xee

static void
make_long_packets(const char *name)
{
	app.args.txpkts = (struct txpkts){.n = 1, .len = {LONG}};
	begin(name);
}

/* What is at the far end: how many packets have a payload of zeroes, as they should; the others have WRONG at SOME. */
static unsigned
take_and_check(unsigned n)
{
	static const uint8_t zeroes[LONG];
	unsigned good = 0, all = 0;
	struct frame f;

	for (; (f.len = take(f.bytes)) != 0; all++) {
		assert_int_equal(f.len, LONG);
		assert_int_equal(ipv4_csum(&f), PLX_NET_CSUM_GOOD);
		if (memcmp(f.bytes + TXPKTS_HEADERS, zeroes, LONG - TXPKTS_HEADERS) == 0) {
			assert_int_equal(l4_csum(&f), PLX_NET_CSUM_GOOD);
			good++;
		} else {
			assert_int_equal(f.bytes[SOME], WRONG);
		}
	}
	assert_int_equal(all, n);
	return good;
}

static unsigned
good_of_a_round(void)
{
	engine->run(&stream);
	return take_and_check(32);
}

/* Buffers that were not sent, as the queue was full, come home as they were made; those that are received lose what they say. */
static void
fill_all(void)
{
	for (unsigned round = 0; round < POOL_BUFFERS / 32; round++)
		engine->run(&stream);
	assert_int_equal(take_and_check(ENTRIES), ENTRIES);
}

enum spoiler { ALLOCATED, RECEIVED, WRITTEN, KEPT };

static void
give_back(struct plx_mbuf *m, enum spoiler how)
{
	const uint32_t number = plx_pool_index(pool, m);

	switch (how) {
	case ALLOCATED:
		plx_mbuf_fresh(m, pool->headroom);
		plx_mbuf_free(m);
		break;
	case RECEIVED:
		plx_mbuf_received(m, 60, pool->headroom, 0, 0);
		plx_mbuf_free(m);
		break;
	case WRITTEN:
		plx_pool_put_written(pool, &number, 1);
		break;
	case KEPT:
		plx_pool_put_bulk(pool, &number, 1);
		break;
	}
}

/* Every buffer of the pool is taken, gets a wrong byte at `at`, and goes home. */
static void
spoil_all(size_t at, enum spoiler how)
{
	static struct plx_mbuf *all[POOL_BUFFERS];

	for (unsigned i = 0; i < POOL_BUFFERS; i++) {
		assert_true(plx_pool_get_mbufs(pool, &all[i], 1));
		all[i]->buf[pool->headroom + at] = WRONG;
	}
	for (unsigned i = 0; i < POOL_BUFFERS; i++)
		give_back(all[i], how);
}

static const char *const makers[] = {"txonly", "flowgen"};

static void
what_others_wrote_is_never_sent(void **state)
{
	static const size_t places[] = {0, 20, 40, 63, 64, SOME, LONG - 1};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(makers); i++) {
		make_long_packets(makers[i]);
		for (unsigned k = 0; k < 3 * PLX_ARRAY_LEN(places); k++) {
			fill_all();
			spoil_all(places[k % PLX_ARRAY_LEN(places)],
				  (enum spoiler)(k / PLX_ARRAY_LEN(places)));
			assert_int_equal(good_of_a_round(), 32);
		}
		end();
	}
}

/* Which shows that they are not: a byte that changed behind everybody's back is sent. Of the headers all is looked at. */
static void
buffers_that_say_so_are_not_filled_again(void **state)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(makers); i++) {
		make_long_packets(makers[i]);
		fill_all();
		spoil_all(SOME, KEPT);
		assert_int_equal(good_of_a_round(), 0);
		spoil_all(SOME, ALLOCATED);
		for (size_t at = 0; at < PLX_CACHE_LINE; at++) {
			fill_all();
			spoil_all(at, KEPT);
			assert_int_equal(good_of_a_round(), 32);
		}
		end();
	}
}

static void
what_an_earlier_run_left_is_filled_again(void **state)
{
	make_long_packets("txonly");
	fill_all();
	end();
	spoil_all(SOME, KEPT);
	make_long_packets("txonly");
	assert_int_equal(good_of_a_round(), 32);
	end();
}

/* Two streams of a port share buffers; two that send to different addresses do not believe each other. */
static void
streams_know_the_buffers_of_those_that_send_the_same(void **state)
{
	struct engine_settings *settings = &app.args.engines;
	struct stream both[2] = {stream, stream};

	app.streams = both;
	app.nb_streams = 2;
	for (unsigned differ = 0; differ < 2; differ++) {
		for (unsigned i = 0; i < 2; i++) {
			app.args.txpkts = (struct txpkts){.n = 1, .len = {LONG}};
			settings->dst_ip[3] = (uint8_t)(1 + differ * i);
			engine = &engine_txonly;
			assert_int_equal(engine->begin(&both[i], &why), 0);
		}
		stream = both[0];
		fill_all();
		spoil_all(SOME, KEPT);
		stream = both[1];
		assert_int_equal(good_of_a_round(), differ ? 32 : 0);
		for (unsigned i = 0; i < 2; i++)
			engine->end(&both[i]);
	}
}

static void
give_numbers(unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++)
		give((uint8_t[60]){(uint8_t)i}, 60);
}

static void
take_numbers(unsigned from, unsigned n)
{
	uint8_t bytes[FRAME_MAX];

	for (unsigned i = from; i < from + n; i++) {
		assert_int_equal(take(bytes), 60);
		assert_int_equal(bytes[0], i);
	}
}

static void
nothing_is_taken(void)
{
	uint8_t bytes[FRAME_MAX];

	assert_int_equal(take(bytes), 0);
}

static void
noisy_alone_is_io(void **state)
{
	begin("noisy");
	give_numbers(0, 5);
	engine->run(&stream);
	take_numbers(0, 5);
	end();
}

static void
packets_wait_until_others_push_them_out(void **state)
{
	app.args.engines.noisy_queue = 20;
	app.args.engines.noisy_memory_mb = 1;
	app.args.engines.noisy_reads = app.args.engines.noisy_writes = 3;
	app.args.engines.noisy_reads_writes = 2;
	begin("noisy");
	give_numbers(0, 20);
	engine->run(&stream);
	nothing_is_taken();
	give_numbers(20, 7);
	engine->run(&stream);
	take_numbers(0, 7);
	nothing_is_taken();
	give_numbers(27, 30); /* more than the queue holds */
	engine->run(&stream);
	take_numbers(7, 30);
	nothing_is_taken();
	end();
	take_numbers(37, 20);
	assert_int_equal(stream.rx, 57);
	assert_int_equal(stream.tx, 57);
}

static void
packets_that_waited_too_long_are_sent(void **state)
{
	unsigned rounds = 0;
	struct frame f;

	app.args.engines.noisy_queue = 20;
	app.args.engines.noisy_flush_ms = 1;
	begin("noisy");
	give_numbers(0, 5);
	while (stream.tx == 0 && rounds++ < 2000000000)
		assert_true(engine->run(&stream) > 0);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(take(f.bytes), 60);
	assert_int_equal(engine->run(&stream), 0);
	end();
}

static void
cluster_says_what_it_lacks(void **state)
{
	assert_int_equal(engine_cluster.begin(&stream, &why), -EINVAL);
	assert_non_null(strstr(why.text, "--total-num-mbufs"));
	app.args.engines.cluster_id = UINT16_MAX;
	app.nb_streams = 2;
	assert_int_equal(engine_cluster.begin(&stream, &why), -EINVAL);
	assert_non_null(strstr(why.text, "--cluster-id 65535"));
	assert_null(stream.engine);
}

static void
noisy_says_what_it_lacks(void **state)
{
	struct engine_settings *settings = &app.args.engines;

	settings->noisy_reads = 1;
	assert_int_equal(engine_noisy.begin(&stream, &why), -EINVAL);
	assert_non_null(strstr(why.text, "give --noisy-lkup-memory"));
	settings->noisy_reads = 0;
	settings->noisy_flush_ms = 1;
	assert_int_equal(engine_noisy.begin(&stream, &why), -EINVAL);
	assert_non_null(strstr(why.text, "give --noisy-tx-sw-buffer-size"));
	settings->noisy_queue = 5000;
	assert_int_equal(engine_noisy.begin(&stream, &why), -EINVAL);
	assert_non_null(strstr(why.text, "--total-num-mbufs"));
}

static void
a_full_queue_drops_and_counts(void **state)
{
	unsigned sent = 0;
	uint8_t bytes[FRAME_MAX];

	app.args.burst = 24; /* so that one finds room for a part of it */
	begin("txonly");
	for (unsigned i = 0; i < 4; i++)
		engine->run(&stream);
	assert_int_equal(stream.tx + stream.dropped, 96);
	assert_true(stream.dropped >= 32);
	while (take(bytes) > 0)
		sent++;
	assert_int_equal(sent, stream.tx);
	end();
}

/* With retry the queue is asked again, in vain here, since nobody takes from it: the sums are the same. */
static void
a_retry_ends(void **state)
{
	app.args.engines.retry = true;
	app.args.engines.retry_max = 5;
	a_full_queue_drops_and_counts(state);
}

static bool enough;

/* The far end, slowly: one packet at a time. */
static void *
take_slowly(void *arg)
{
	uint64_t *taken = arg;
	struct plx_mbuf *m;

	while (!__atomic_load_n(&enough, __ATOMIC_ACQUIRE)) {
		if (plx_ethdev_rx_burst(FAR, 0, &m, 1) == 0)
			continue;
		plx_mbuf_free(m);
		++*taken;
	}
	return NULL;
}

static void
a_retry_waits_for_a_slow_receiver(void **state)
{
	pthread_t receiver;
	uint64_t taken = 0;
	uint8_t bytes[FRAME_MAX];

	app.args.engines.retry = true;
	app.args.engines.retry_delay_us = 0;
	app.args.engines.retry_max = UINT64_MAX;
	begin("txonly");
	enough = false;
	assert_int_equal(pthread_create(&receiver, NULL, take_slowly, &taken), 0);
	for (unsigned i = 0; i < 100; i++)
		engine->run(&stream);
	__atomic_store_n(&enough, true, __ATOMIC_RELEASE);
	pthread_join(receiver, NULL);
	while (take(bytes) > 0)
		taken++;
	assert_int_equal(stream.dropped, 0);
	assert_int_equal(stream.tx, 3200);
	assert_int_equal(taken, 3200);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(flows_follow_each_other_and_begin_again),
		TEST(checksums_of_all_flows_are_good),
		TEST(flows_in_segments_have_right_checksums_too),
		TEST(flowgen_frees_what_it_receives),
		TEST(flows_that_were_dropped_come_again),
		TEST(txonly_sends_between_the_addresses_it_was_given),
		TEST(txonly_has_256_sources_if_it_shall),
		TEST(what_others_wrote_is_never_sent),
		TEST(buffers_that_say_so_are_not_filled_again),
		TEST(what_an_earlier_run_left_is_filled_again),
		TEST(streams_know_the_buffers_of_those_that_send_the_same),
		TEST(noisy_alone_is_io),
		TEST(packets_wait_until_others_push_them_out),
		TEST(packets_that_waited_too_long_are_sent),
		TEST(noisy_says_what_it_lacks),
		TEST(cluster_says_what_it_lacks),
		TEST(a_full_queue_drops_and_counts),
		TEST(a_retry_ends),
		TEST(a_retry_waits_for_a_slow_receiver),
	};

	return run_engine_tests(tests, PLX_ARRAY_LEN(tests));
}
