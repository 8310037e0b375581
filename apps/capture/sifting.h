/* SPDX-License-Identifier: BSD-3-Clause */
/* --rules: a set of rules, on each port that is captured. What they keep is in the ports' ledgers. */
#ifndef PLX_APPS_CAPTURE_SIFTING_H
#define PLX_APPS_CAPTURE_SIFTING_H

#include <pollux/plx_sieve.h>

#include "port.h"
#include "rules.h"

/* Zeroed: there are no rules. Thread of everything here: main. */
struct sifting {
	struct rules rules;
	unsigned nb_sieves;
	struct plx_sieve *sieves[PLX_ETHDEV_MAX];
};

/* What is wrong with the file is told before anything is touched. */
int sifting_check(const struct settings *settings, struct plx_why *why);

/* On ports that are configured, before they start: the first packet is judged, too. sifting_close undoes what an error left. */
int sifting_open(struct sifting *sifting, const struct settings *settings,
		 const struct capture_port *ports, unsigned nb_ports, struct plx_why *why);

/* Reads the file again, while packets come; on an error the rules are as they were. */
int sifting_reload(struct sifting *sifting, struct plx_why *why);

/* Nobody receives any more. */
void sifting_close(struct sifting *sifting);

/* What each rule met, for people and for programs: NULL without rules. */
void sifting_print(const struct sifting *sifting, FILE *out);
json_t *sifting_json(const struct sifting *sifting);

#endif
