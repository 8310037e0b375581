/* SPDX-License-Identifier: BSD-3-Clause */
#include "port_words.h"

#include <inttypes.h>
#include <stdio.h>

const char *
words_state(enum plx_ethdev_state state)
{
	static const char *const names[] = {
		[PLX_ETHDEV_CLOSED] = "closed",
		[PLX_ETHDEV_CONFIGURED] = "stopped",
		[PLX_ETHDEV_STARTED] = "started",
	};

	return names[state];
}

const char *
words_queue_state(enum plx_ethdev_queue_state state)
{
	static const char *const names[] = {
		[PLX_ETHDEV_QUEUE_STOPPED] = "stopped",
		[PLX_ETHDEV_QUEUE_STARTED] = "started",
		[PLX_ETHDEV_QUEUE_DEAD] = "dead",
	};

	return names[state];
}

bool
words_queue_runs(uint16_t port, bool rx, uint16_t queue)
{
	struct plx_ethdev_queue_info info = {0};

	if (rx)
		plx_ethdev_rx_queue_info(port, queue, &info);
	else
		plx_ethdev_tx_queue_info(port, queue, &info);
	return info.state == PLX_ETHDEV_QUEUE_STARTED;
}

const char *
words_on(bool on)
{
	return on ? "on" : "off";
}

struct words_text
words_mac(const uint8_t mac[6])
{
	struct words_text words;

	snprintf(words.text, sizeof(words.text), "%02X:%02X:%02X:%02X:%02X:%02X", mac[0], mac[1],
		 mac[2], mac[3], mac[4], mac[5]);
	return words;
}

struct words_text
words_speed(uint32_t mbps)
{
	struct words_text words = {"unknown"};

	if (mbps != 0 && mbps % 1000 == 0)
		snprintf(words.text, sizeof(words.text), "%" PRIu32 " Gbps", mbps / 1000);
	else if (mbps != 0)
		snprintf(words.text, sizeof(words.text), "%" PRIu32 " Mbps", mbps);
	return words;
}
