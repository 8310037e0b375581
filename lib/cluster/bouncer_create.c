/* SPDX-License-Identifier: BSD-3-Clause */
/* A bouncer's beginning and end. */
#include "bouncer_priv.h"

#include "plx_ethdev.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_DELAY_MAX_US 1000

/* The queues that are needed must be there; `name` is the field's. */
static int
check_port(const char *name, struct plx_bouncer_port port, bool rx, bool tx, struct plx_why *why)
{
	struct plx_ethdev_info info;

	if (plx_ethdev_info(port.port, &info) != 0)
		return plx_why(why, -ENODEV, "%s: there is no port %u", name, port.port);
	if (rx && port.queue >= info.nb_rx_queues)
		return plx_why(why, -EINVAL, "%s: port %u (%s) has %u rx queues, no queue %u", name,
			       port.port, info.name, info.nb_rx_queues, port.queue);
	if (tx && port.queue >= info.nb_tx_queues)
		return plx_why(why, -EINVAL, "%s: port %u (%s) has %u tx queues, no queue %u", name,
			       port.port, info.name, info.nb_tx_queues, port.queue);
	return 0;
}

static int
check_ports(const struct plx_bouncer_params *params, struct plx_why *why)
{
	const bool a_to_b = params->direction != PLX_BOUNCER_ONLY_B_TO_A;
	const bool b_to_a = params->direction != PLX_BOUNCER_ONLY_A_TO_B;
	int ret;

	if (a_to_b && b_to_a && params->a.port == params->b.port &&
	    params->a.queue == params->b.queue)
		return plx_why(why, -EINVAL,
			       "a and b are the same queue of port %u: one direction is enough",
			       params->a.port);
	ret = check_port("a", params->a, a_to_b, b_to_a, why);
	if (ret == 0)
		ret = check_port("b", params->b, b_to_a, a_to_b, why);
	for (uint16_t i = 0; i < params->nb_others && ret == 0; i++)
		ret = check_port("others", params->others[i], false, true, why);
	return ret;
}

static int
check(const struct plx_bouncer_params *params, struct plx_why *why)
{
	if ((unsigned)params->direction > PLX_BOUNCER_ONLY_B_TO_A)
		return plx_why(why, -EINVAL, "direction %d is none", (int)params->direction);
	if (params->burst > PLX_BOUNCER_BURST_MAX)
		return plx_why(why, -EINVAL, "burst is %u: up to %d are possible", params->burst,
			       PLX_BOUNCER_BURST_MAX);
	if (params->decide != NULL && params->decide_one != NULL)
		return plx_why(why, -EINVAL, "decide and decide_one: only one can decide");
	if (params->nb_others > PLX_BOUNCER_OTHERS_MAX)
		return plx_why(why, -EINVAL, "nb_others is %u: up to %d are possible",
			       params->nb_others, PLX_BOUNCER_OTHERS_MAX);
	if (params->nb_others > 0 && params->others == NULL)
		return plx_why(why, -EINVAL, "others is NULL, nb_others is %u", params->nb_others);
	if (params->retries > PLX_BOUNCER_RETRIES_MAX)
		return plx_why(why, -EINVAL, "retries is %u: up to %d are possible",
			       params->retries, PLX_BOUNCER_RETRIES_MAX);
	if (params->retry_delay_us > RETRY_DELAY_MAX_US)
		return plx_why(why, -EINVAL, "retry_delay_us is %u: up to %d are possible",
			       params->retry_delay_us, RETRY_DELAY_MAX_US);
	return check_ports(params, why);
}

int
plx_bouncer_create(const struct plx_bouncer_params *params, struct plx_bouncer **ret_bouncer,
		   struct plx_why *why)
{
	struct plx_bouncer *bouncer;
	int ret = check(params, why);

	if (ret != 0)
		return ret;
	bouncer = aligned_alloc(PLX_CACHE_LINE, sizeof(*bouncer));
	if (bouncer == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	*bouncer = (struct plx_bouncer){
		.ways = {[PLX_BOUNCER_A_TO_B] = {.from = params->a, .to = params->b},
			 [PLX_BOUNCER_B_TO_A] = {.from = params->b, .to = params->a}},
		.begin = params->direction == PLX_BOUNCER_ONLY_B_TO_A ? PLX_BOUNCER_B_TO_A
								      : PLX_BOUNCER_A_TO_B,
		.end = params->direction == PLX_BOUNCER_ONLY_A_TO_B ? PLX_BOUNCER_B_TO_A
								    : PLX_BOUNCER_WAYS,
		.burst = params->burst == 0 ? PLX_BOUNCER_BURST : params->burst,
		.nb_others = params->nb_others,
		.retries = params->retries,
		.retry_delay_us = params->retry_delay_us,
		.decides = params->decide != NULL || params->decide_one != NULL,
		.decide = params->decide,
		.decide_one = params->decide_one,
		.arg = params->arg,
	};
	if (params->nb_others > 0)
		memcpy(bouncer->others, params->others,
		       params->nb_others * sizeof(*params->others));
	*ret_bouncer = bouncer;
	return 0;
}

void
plx_bouncer_destroy(struct plx_bouncer *bouncer)
{
	free(bouncer);
}
