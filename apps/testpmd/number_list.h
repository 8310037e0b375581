/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of ports and lcores as people write them: "0,2,1", "0-3", or a mask "0x6". */
#ifndef PLX_APPS_TESTPMD_NUMBER_LIST_H
#define PLX_APPS_TESTPMD_NUMBER_LIST_H

#include <pollux/plx_base.h>

#define NUMBER_LIST_MAX 256

struct number_list {
	unsigned n;
	uint16_t item[NUMBER_LIST_MAX];
};

/*
 * Numbers below `limit` (at most NUMBER_LIST_MAX), in the order given and none twice. -EINVAL with a why that
 * begins with `what` and names the place.
 */
int number_list_parse(const char *text, const char *what, unsigned limit,
		      struct number_list *ret_list, struct plx_why *why);

/* Hexadecimal digits, with or without 0x: bit 0 is number 0. In rising order; -EINVAL also for no bit. */
int number_mask_parse(const char *text, const char *what, unsigned limit,
		      struct number_list *ret_list, struct plx_why *why);

#endif
