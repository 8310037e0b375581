/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said of ports, once for text and JSON. */
#ifndef PLX_APPS_TESTPMD_PORT_WORDS_H
#define PLX_APPS_TESTPMD_PORT_WORDS_H

#include <pollux/plx_ethdev.h>

/* "closed", "stopped", "started" */
const char *words_state(enum plx_ethdev_state state);
/* "stopped", "started", "dead" */
const char *words_queue_state(enum plx_ethdev_queue_state state);
/* False for a queue that was stopped alone, or is not there. */
bool words_queue_runs(uint16_t port, bool rx, uint16_t queue);
/* "on" or "off" */
const char *words_on(bool on);

struct words_text {
	char text[32];
};
/* "02:AB:00:00:00:07" */
struct words_text words_mac(const uint8_t mac[6]);
/* "10 Gbps", "2500 Mbps"; "unknown" for 0 */
struct words_text words_speed(uint32_t mbps);

#endif
