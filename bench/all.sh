#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# all.sh [BUILD [BUILD_WITH_TESTS]]: every bench, one after the other, each into bench-results/<name>.txt. Needs root for AF_XDP,
# taps and huge pages.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build-bench}
mkdir -p bench-results
for name in ring pool stride net pcapfile capture_disk cluster places; do
	echo "== $name"
	"$build/bench/bench_$name" 2>&1 | tee "bench-results/$name.txt"
done
for name in testpmd bouncer kernel_ports vhost start capture; do
	echo "== $name"
	python3 "bench/bench_$name.py" --build "$build" 2>&1 | tee "bench-results/$name.txt"
done
echo "== af_xdp"
python3 bench/bench_af_xdp.py --build "$build/bench" 2>&1 | tee bench-results/af_xdp.txt
echo "== nicemu_guest"
python3 bench/bench_nicemu_guest.py --build "${2:-build}" 2>&1 | tee bench-results/nicemu_guest.txt
