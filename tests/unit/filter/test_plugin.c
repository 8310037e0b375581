/* SPDX-License-Identifier: BSD-3-Clause */
/* Plugins: the example, from its shared object, and those that are none. */
#include "rules_fixture.h"

#include <unistd.h>

/* The example lies in examples/, the others in filter/ beside this program. */
static const char *
object(const char *name)
{
	static char path[8192];
	char self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	bool example = strcmp(name, "filter_sip.so") == 0;

	assert_true(len > 0);
	self[len] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(path, sizeof(path), "%s/%s/%s", self, example ? "../../examples" : "filter", name);
	return path;
}

static struct plx_filter_verdict
match_payload(struct fixture *f, const char *payload)
{
	struct plx_net_build build = build_of("udp 10.0.0.1:7 10.0.0.2:8");
	uint8_t bytes[FRAME] = {0};
	size_t header = plx_net_build_header_len(&build);

	memcpy(bytes + header, payload, strlen(payload));
	assert_int_equal(plx_net_build_frame(&build, bytes, header + strlen(payload)), 0);
	return match_bytes(f, bytes, (uint32_t)(header + strlen(payload)), 0);
}

static void
the_example_knows_the_beginning_of_a_call(void **state)
{
	struct plx_why why;
	struct fixture f;
	char text[128];

	fixture_open(&f, NULL);
	if (plx_filter_rules_plugin_load(f.rules, object("filter_sip.so"), NULL, NULL, &why) != 0)
		fail_msg("%s", why.text);
	assert_int_equal(plx_filter_rules_plugin_load(f.rules, object("filter_sip.so"), "to_bob",
						      "sip:bob", &why),
			 0);
	load(&f, "10 execute-continue sip plugin sip\n20 drop plugin to_bob\n");
	assert_int_equal(match_payload(&f, "INVITE sip:ann@example.com SIP/2.0\r\n").fate,
			 PLX_FILTER_PASSED);
	assert_int_equal(match_payload(&f, "INVITE sip:bob@example.com SIP/2.0\r\n").rule, 20);
	assert_int_equal(match_payload(&f, "BYE sip:bob@example.com SIP/2.0\r\n").fate,
			 PLX_FILTER_PASSED);
	assert_int_equal(match_payload(&f, "INVITE sip:bob@example.com SIP/2.0").fate,
			 PLX_FILTER_PASSED);
	assert_int_equal(match_payload(&f, "").fate, PLX_FILTER_PASSED);
	assert_int_equal(match(&f, "tcp 10.0.0.1:5060 10.0.0.2:5060").fate, PLX_FILTER_PASSED);
	plx_filter_rules_plugin_stats(f.rules, "sip", text, sizeof(text));
	assert_string_equal(text, "2 calls of 1 callers");
	/* First what was seen is noted, then what is idle goes. */
	plx_filter_rules_purge(f.rules, 1, 1, 0);
	plx_filter_rules_purge(f.rules, 2, 1, 0);
	plx_filter_rules_plugin_stats(f.rules, "sip", text, sizeof(text));
	assert_string_equal(text, "2 calls of 0 callers");
	fixture_close(&f);
}

static void
a_plugin_that_is_used_stays(void **state)
{
	struct plx_why why;
	struct fixture f;

	fixture_open(&f, NULL);
	assert_int_equal(
		plx_filter_rules_plugin_load(f.rules, object("filter_sip.so"), NULL, "", &why), 0);
	load(&f, "10 drop plugin sip\nexact execute sip proto udp src 1.1.1.1 dst 2.2.2.2\n");
	assert_int_equal(plx_filter_rules_plugin_unload(f.rules, "sip", &why), -EBUSY);
	assert_non_null(strstr(why.text, "2 rules use it"));
	load(&f, "");
	assert_int_equal(plx_filter_rules_plugin_unload(f.rules, "sip", &why), 0);
	assert_int_equal(plx_filter_rules_plugin_unload(f.rules, "sip", &why), -ENOENT);
	assert_int_equal(plx_filter_rules_plugin_stats(f.rules, "sip", NULL, 0), -ENOENT);
	fixture_close(&f);
}

static void
assert_load_refused(struct fixture *f, const char *path, const char *name, const char *args,
		    int err, const char *words)
{
	struct plx_why why = {{0}};

	assert_int_equal(plx_filter_rules_plugin_load(f->rules, path, name, args, &why), err);
	if (strstr(why.text, words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why.text, words);
}

static void
what_is_no_plugin_is_refused(void **state)
{
	char long_word[100] = {0};
	struct fixture f;

	memset(long_word, 'x', sizeof(long_word) - 1);
	fixture_open(&f, NULL);
	assert_load_refused(&f, "/nowhere/none.so", NULL, NULL, -ENOENT, "No such file");
	assert_load_refused(&f, "/proc/self/maps", NULL, NULL, -ENOEXEC, "cannot be loaded");
	assert_load_refused(&f, object("filter_none.so"), NULL, NULL, -EINVAL, "exports no struct");
	assert_load_refused(&f, object("filter_old.so"), NULL, NULL, -EINVAL,
			    "compiled for version 0");
	assert_load_refused(&f, object("filter_sip.so"), NULL, long_word, -EINVAL, "63 characters");
	assert_load_refused(&f, object("filter_sip.so"), "two words", NULL, -EINVAL, "no name");
	assert_load_refused(&f, object("filter_sip.so"), "", NULL, -EINVAL, "no name");
	assert_load_refused(&f, object("filter_sip.so"), NULL, NULL, 0, "");
	assert_load_refused(&f, object("filter_sip.so"), NULL, NULL, -EEXIST, "already");
	fixture_close(&f);
}

/* -- one that is part of the program ----------------------------------------------------------------- */

static enum plx_filter_said word;
static unsigned freed;

static enum plx_filter_said
say(void *state, const struct plx_filter_packet *packet, struct plx_filter_rules_reader *reader)
{
	struct plx_filter_exact exact = {.ip_version = 4, .proto = 17, .action = PLX_FILTER_DROP};

	memcpy(exact.src_ip, packet->bytes + packet->parsed->layers[0].l3_off + 12, 4);
	memcpy(exact.dst_ip, packet->bytes + packet->parsed->layers[0].l3_off + 16, 4);
	plx_filter_rules_post(reader, &exact, word == PLX_FILTER_SAID_DROP);
	return word;
}

static void
count_free(void *state)
{
	freed++;
}

static const struct plx_filter_plugin sayer = {
	.version = PLX_FILTER_PLUGIN_VERSION, .name = "sayer", .handle = say, .free = count_free};

static uint8_t
fate_after(struct fixture *f, enum plx_filter_said said)
{
	word = said;
	return match(f, "udp 10.0.0.1:1 10.0.0.2:2").fate;
}

static void
an_action_has_a_word(void **state)
{
	struct plx_filter_rules_stats stats;
	struct fixture f;

	fixture_open(&f, NULL);
	assert_int_equal(plx_filter_rules_plugin_add(f.rules, &sayer, NULL, NULL, NULL), 0);
	load(&f, "policy drop\n1 execute sayer proto udp\n2 forward\n");
	assert_int_equal(fate_after(&f, PLX_FILTER_SAID_NOTHING), PLX_FILTER_UNWANTED);
	assert_int_equal(fate_after(&f, PLX_FILTER_SAID_FORWARD), PLX_FILTER_PASSED);
	assert_int_equal(fate_after(&f, PLX_FILTER_SAID_DROP), PLX_FILTER_DROPPED);
	load(&f, "policy drop\n1 execute-continue sayer proto udp\n");
	assert_int_equal(fate_after(&f, PLX_FILTER_SAID_NOTHING), PLX_FILTER_UNWANTED);
	assert_int_equal(fate_after(&f, PLX_FILTER_SAID_FORWARD), PLX_FILTER_PASSED);
	load(&f, "1 execute-continue sayer proto udp\n2 drop\n");
	assert_int_equal(fate_after(&f, PLX_FILTER_SAID_FORWARD), PLX_FILTER_DROPPED);
	/* What it posted: three times add, delete, three times add. */
	assert_int_equal(plx_filter_rules_service(f.rules, 0), 6);
	plx_filter_rules_stats(f.rules, &stats);
	assert_int_equal(stats.exact, 1);
	assert_int_equal(stats.posts_done, 3);
	load(&f, "");
	freed = 0;
	assert_int_equal(plx_filter_rules_plugin_unload(f.rules, "sayer", NULL), 0);
	assert_int_equal(freed, 1);
	fixture_close(&f);
}

static void
a_condition_needs_a_plugin_that_has_one(void **state)
{
	struct plx_why why;
	struct fixture f;

	fixture_open(&f, NULL);
	assert_int_equal(plx_filter_rules_plugin_add(f.rules, &sayer, NULL, NULL, NULL), 0);
	assert_int_equal(plx_filter_rules_load_text(f.rules, "1 drop plugin sayer\n", 0, &why),
			 -ENOENT);
	assert_non_null(strstr(why.text, "with a condition"));
	for (unsigned i = 1; i < PLX_FILTER_PLUGINS_MAX; i++) {
		char name[16];

		snprintf(name, sizeof(name), "s%u", i);
		assert_int_equal(plx_filter_rules_plugin_add(f.rules, &sayer, name, NULL, NULL), 0);
	}
	assert_int_equal(plx_filter_rules_plugin_add(f.rules, &sayer, "more", NULL, NULL), -ENOSPC);
	freed = 0;
	fixture_close(&f);
	assert_int_equal(freed, PLX_FILTER_PLUGINS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_knows_the_beginning_of_a_call),
		cmocka_unit_test(a_plugin_that_is_used_stays),
		cmocka_unit_test(what_is_no_plugin_is_refused),
		cmocka_unit_test(an_action_has_a_word),
		cmocka_unit_test(a_condition_needs_a_plugin_that_has_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
