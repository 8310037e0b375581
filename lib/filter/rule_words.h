/* SPDX-License-Identifier: BSD-3-Clause */
/* Names that rules have for numbers, for the one who reads them and the one who writes them. */
#ifndef PLX_LIB_FILTER_RULE_WORDS_H
#define PLX_LIB_FILTER_RULE_WORDS_H

#include "plx_net_format.h"
#include "plx_net_wire.h"

struct rule_word {
	const char *name;
	uint32_t value;
};

/* Both end with a NULL name. */
extern const struct rule_word rule_ethertypes[];
extern const struct rule_word rule_protos[];

#endif
