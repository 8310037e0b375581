/* SPDX-License-Identifier: BSD-3-Clause */
/* The two halves of a rule in text. Both return 0, or -EINVAL with the error at the word. */
#ifndef PLX_LIB_FILTER_RULE_TEXT_H
#define PLX_LIB_FILTER_RULE_TEXT_H

#include "rule_scan.h"

/* The word that is being looked at is the action's; takes what belongs to the action. */
int rule_parse_action(struct scanner *s, struct plx_filter_rule *rule);

/* Takes the rest of the line. */
int rule_parse_conditions(struct scanner *s, struct plx_filter_rule *rule);

#endif
