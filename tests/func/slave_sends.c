/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * slave_sends NAME N PORTS: a slave that may write: keeps up to N packets, as many as it may, changes the last byte of each to '!'
 * and sends them out of the ports (a bit each). Then it waits to be killed.
 */
#include <pollux/plx_cluster.h>
#include <pollux/plx_cluster_slave.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MOST 64

static struct plx_cluster_desc kept[MOST];

/* How many it may keep, of the first n that are wanted. */
static unsigned
keep(struct plx_cluster_slave *slave, unsigned wanted)
{
	const struct plx_cluster_desc *desc;
	unsigned n = 0;

	while (n < wanted && plx_cluster_wait(slave, -1) > 0) {
		uint32_t got = plx_cluster_peek(slave, &desc, 1);

		if (got == 1 && !plx_cluster_keep(slave, 0))
			break;
		if (got == 1)
			kept[n++] = *desc;
		plx_cluster_done(slave, got);
	}
	return n;
}

int
main(int argc, char **argv)
{
	const struct plx_cluster_slave_params params = {
		.place = PLX_CLUSTER_PLACE_ANY,
		.flags = PLX_CLUSTER_SLAVE_PASSIVE | PLX_CLUSTER_SLAVE_WRITE,
	};
	unsigned wanted = argc == 4 ? (unsigned)atoi(argv[2]) : 0, n, sent = 0;
	struct plx_cluster_slave *slave;
	struct plx_why why;

	if (wanted == 0 || wanted > MOST)
		return 2;
	if (plx_cluster_attach(argv[1], &params, &slave, &why) != 0) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	n = keep(slave, wanted);
	for (unsigned i = 0; i < n; i++) {
		plx_cluster_data(slave, &kept[i])[kept[i].len - 1] = '!';
		sent += plx_cluster_send_kept(slave, &kept[i], (uint64_t)atoi(argv[3]));
	}
	plx_cluster_flush(slave);
	printf("kept %u, sent %u\n", n, sent);
	fflush(stdout);
	pause();
	return 0;
}
