#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/guides/filter-rules.md: its lines of C build and do what they say, its rules are rules, and what it says of refusals is what is said.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/guide.sh
. "$(dirname "$0")/guide.sh"
func_begin anyone
need cc

PAGE=filter-rules.md

# N: the N-th block without a language.
plain_block()
{
	awk -v wanted="$1" '/^```/ {if (on) {on = 0} else {inside = !inside; if (inside && $0 == "```" && ++n == wanted) on = 1; next}; inside = 0}
		on' "$FUNC_DIR/../../docs/guides/$PAGE"
}

# One program of both blocks: rules of a file on a port, and a burst of the program's own through them.
{
	cat <<-'END'
		#include <pollux/plx_clock.h>
		#include <pollux/plx_zone.h>
		#include <pollux/plx_eal.h>
		#include <pollux/plx_ethdev_open.h>
		#include <pollux/plx_filter_rules.h>
		#include <pollux/plx_sieve.h>
		#include <stdio.h>
		#define BURST 32
		#define NS_S UINT64_C(1000000000)
		static struct plx_filter_rules *rules;
	END
	guide_block $PAGE c 2
	cat <<-'END'
		static void
		on_port(const char *text)
		{
			struct plx_sieve *sieve;
			struct plx_why why = {""};
			struct plx_sieve_stats stats;
			struct plx_mbuf *pkts[BURST];
			uint16_t n = 0;
	END
	# Between its last two lines the program receives.
	guide_block $PAGE c 1 | sed '/^\/\*.*rx_burst/s|$|\
	printf("%s\\n", why.text);\
	for (unsigned i = 0; i < 100; i++)\
		plx_mbuf_free_bulk(pkts, plx_ethdev_rx_burst(0, 0, pkts, BURST));\
	plx_sieve_stats(sieve, \&stats);\
	printf("%d kept\\n", stats.packets > 0 \&\& stats.passed == 0);|'
	cat <<-'END'
			n = plx_ethdev_rx_burst(0, 0, pkts, BURST);
			printf("%d without\n", n > 0);
			struct plx_filter_rules_reader *reader;
			if (plx_filter_rules_reader_create(rules, &reader, NULL) == 0) {
				struct plx_filter_rules_stats seen;
				sift(reader, pkts, n, plx_clock_monotonic_ns());
				plx_filter_rules_stats(rules, &seen);
				printf("%d sifted\n", seen.packets == stats.packets + n);
			}
			plx_mbuf_free_bulk(pkts, n);
		}
		int
		main(int argc, char **argv)
		{
			static char text[65536];
			struct plx_pool *pool;
			struct plx_why why;
			if (plx_eal_init(argc, argv, &why) < 0 || plx_filter_rules_create(NULL, &rules, &why) != 0)
				return fprintf(stderr, "%s\n", why.text), 2;
			if (fread(text, 1, sizeof(text) - 1, stdin) == 0 ||
			    plx_filter_rules_load_text(rules, text, plx_clock_monotonic_ns(), &why) != 0)
				return puts(why.text), 1;
			const struct plx_pool_params params = {.name = "guide", .n = 4095, .node = PLX_NODE_ANY};
			if (plx_pool_create(&params, &pool, &why) != 0 || plx_ethdev_open(0, 1, pool, &why) != 0)
				return fprintf(stderr, "%s\n", why.text), 2;
			on_port(text);
			return 0;
		}
	END
} >"$TMP/rules.c"
run cc -Wall -Werror -Wno-declaration-after-statement -I"$PLX_BUILD/include" "$TMP/rules.c" -o "$TMP/rules" -L"$PLX_BUILD" -lpollux \
	-Wl,-rpath,"$PLX_BUILD"

# TEXT: what becomes of it.
load()
{
	printf '%s\n' "$1" | run "$TMP/rules" --no-huge --no-pci -l 0 --log-level warning --vdev net_null0
}

load '10 drop' >"$TMP/said"
for word in kept without sifted; do
	assert_grep "$TMP/said" "^1 $word$"
done

# The page's own rules, all of which are taken; and its refusals.
plain_block 1 >"$TMP/page.rules"
assert_eq "$(grep -c -E '^([0-9]+|exact|policy|sample) ' "$TMP/page.rules")" 7 "rules of the page"
load "$(cat "$TMP/page.rules")" >"$TMP/said"
assert_grep "$TMP/said" '^1 without$'
plain_block 2 >"$TMP/refusals"
assert_eq "$(wc -l <"$TMP/refusals")" 2 "refusals of the page"
load $'# one\n\n10 drop src 10.0.0.1/255.0.0.0' >"$TMP/said" || true
assert_eq "$(cut -d: -f2- "$TMP/said")" "$(sed -n 1p "$TMP/refusals" | cut -d: -f2-)" "the first refusal"
load $'10 drop proto udp\n20 forward proto udp' >"$TMP/said" || true
assert_eq "$(sed 's/^line [0-9]*: //' "$TMP/said")" "$(sed -n 2p "$TMP/refusals")" "the second refusal"
