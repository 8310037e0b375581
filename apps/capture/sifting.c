/* SPDX-License-Identifier: BSD-3-Clause */
#include "sifting.h"

#include <errno.h>

#include "settings.h"

/* The file as it is now, by itself: an error leaves what is in force. */
static int
check_file(const char *path, struct plx_why *why)
{
	struct rules rules;
	int err = rules_open(&rules, path, why);

	if (err != 0)
		return err;
	err = rules_refuse_sends(&rules, why);
	rules_close(&rules);
	return err;
}

int
sifting_check(const struct settings *settings, struct plx_why *why)
{
	return settings->rules_file != NULL ? check_file(settings->rules_file, why) : 0;
}

int
sifting_open(struct sifting *sifting, const struct settings *settings,
	     const struct capture_port *ports, unsigned nb_ports, struct plx_why *why)
{
	struct plx_sieve_params params = {.purge_ns = settings->purge_ns};
	int err;

	if (settings->rules_file == NULL)
		return 0;
	err = rules_open(&sifting->rules, settings->rules_file, why);
	params.rules = sifting->rules.set;
	for (unsigned i = 0; i < nb_ports && err == 0; i++) {
		params.port = ports[i].port;
		err = plx_sieve_open(&params, &sifting->sieves[i], why);
		sifting->nb_sieves += err == 0;
	}
	return err;
}

int
sifting_reload(struct sifting *sifting, struct plx_why *why)
{
	int err;

	if (sifting->rules.set == NULL)
		return plx_why(why, -ENOENT, "there is no file of rules (--rules)");
	err = check_file(sifting->rules.path, why);
	return err != 0 ? err : rules_reload(&sifting->rules, why);
}

void
sifting_close(struct sifting *sifting)
{
	for (unsigned i = 0; i < sifting->nb_sieves; i++)
		plx_sieve_close(sifting->sieves[i]);
	sifting->nb_sieves = 0;
	rules_close(&sifting->rules);
}

void
sifting_print(const struct sifting *sifting, FILE *out)
{
	if (sifting->rules.set == NULL)
		return;
	fprintf(out, "rules\n");
	rules_print(&sifting->rules, out);
	fputc('\n', out);
}

json_t *
sifting_json(const struct sifting *sifting)
{
	if (sifting->rules.set == NULL)
		return NULL;
	return json_pack("{s:s, s:o, s:o}", "file", sifting->rules.path, "rules",
			 rules_json(&sifting->rules), "sums", rules_sums_json(&sifting->rules));
}
