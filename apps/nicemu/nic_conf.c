/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic_conf.h"

#include "address.h"

#include <pollux/plx_kvargs.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define AT(field) offsetof(struct nic_conf, field)
#define TEXT(key, field, text)                                                                   \
	{                                                                                        \
		key, PLX_KVARGS_STRING, AT(field), .max = sizeof(((struct nic_conf *)0)->field), \
						   .help = text                                  \
	}

static const struct plx_kvargs_field fields[] = {
	TEXT("socket", socket, "where its driver connects (required)"),
	TEXT("mac", mac_text, "its address (made up)"),
	TEXT("tap", tap, "its wire is a tap of that name"),
	TEXT("net", net, "the tap's address: 10.0.0.1/24"),
	TEXT("port", port, "its wire is a port, by number or name, or another NIC: nic1"),
	TEXT("pcap", pcap, "a file of what is on its wire"),
	{"doorbells", PLX_KVARGS_BOOL, AT(doorbells),
	 .help = "its driver may map the rings' registers, polls"},
	{"lossless", PLX_KVARGS_BOOL, AT(lossless),
	 .help = "no frame is lost at it: while it is down they wait, too"},
	{NULL},
};

void
nic_conf_init(struct nic_conf *conf)
{
	*conf = (struct nic_conf){.peer = -1};
}

int
nic_conf_parse(const char *text, struct nic_conf *conf, struct plx_why *why)
{
	struct plx_why cause = {""};
	int ret;

	nic_conf_init(conf);
	ret = plx_kvargs_parse(text, fields, conf, &cause);
	return ret == 0 ? 0 : plx_why(why, ret, "--nic %.64s: %.400s", text, cause.text);
}

const char *
nic_conf_key(unsigned i, const char **ret_help)
{
	if (i >= PLX_ARRAY_LEN(fields) || fields[i].key == NULL)
		return NULL;
	*ret_help = fields[i].help;
	return fields[i].key;
}

int
nic_conf_number(const char *word, const char *what, unsigned nb_nics, struct plx_why *why)
{
	const char *digits = strncmp(word, "nic", 3) == 0 ? word + 3 : word;
	uint64_t number;

	if (nb_nics == 0 || plx_kvargs_uint(digits, 0, nb_nics - 1, &number) != 0)
		return plx_why(why, -EINVAL,
			       "%s \"%.64s\": there is no such NIC; the last is nic%u", what, word,
			       nb_nics > 0 ? nb_nics - 1 : 0);
	return (int)number;
}

static int
join(struct nic_conf *confs, int a, int b, const char *what, struct plx_why *why)
{
	if (a == b)
		return plx_why(why, -EINVAL, "%s: nic%d cannot be its own far end", what, a);
	if ((confs[a].peer >= 0 && confs[a].peer != b) ||
	    (confs[b].peer >= 0 && confs[b].peer != a))
		return plx_why(why, -EINVAL, "%s: a wire has two ends, nic%d is at another one",
			       what, confs[a].peer >= 0 && confs[a].peer != b ? a : b);
	confs[a].peer = b;
	confs[b].peer = a;
	return 0;
}

int
nic_conf_join(const char *text, struct nic_conf *confs, unsigned nb_nics, struct plx_why *why)
{
	const char *comma = strchr(text, ',');
	char first[32];
	int a, b;

	if (comma == NULL || strchr(comma + 1, ',') != NULL)
		return plx_why(why, -EINVAL, "--join %.64s: two NICs are expected, as in nic0,nic1",
			       text);
	snprintf(first, sizeof(first), "%.*s", (int)(comma - text), text);
	a = nic_conf_number(first, "--join", nb_nics, why);
	b = a < 0 ? a : nic_conf_number(comma + 1, "--join", nb_nics, why);
	return b < 0 ? b : join(confs, a, b, "--join", why);
}

/* -- all of them together ------------------------------------------------------------------------------ */

/* One that nobody else has: locally administered. */
static int
make_up_mac(uint8_t mac[6], struct plx_why *why)
{
	if (getrandom(mac, 6, 0) != 6)
		return plx_why(why, -EIO,
			       "no random address to be had: give one, -m 02:00:00:00:00:01");
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 0x02);
	return 0;
}

static int
check_mac(struct nic_conf *conf, unsigned number, struct plx_why *why)
{
	static const uint8_t zero[6];

	if (conf->mac_text[0] == '\0')
		return make_up_mac(conf->mac, why);
	if (plx_kvargs_mac(conf->mac_text, conf->mac) != 0)
		return plx_why(why, -EINVAL,
			       "nic%u: \"%s\" is no MAC address; write six bytes, as in "
			       "-m 02:00:00:00:00:01",
			       number, conf->mac_text);
	if (memcmp(conf->mac, zero, sizeof(zero)) == 0 || (conf->mac[0] & 1) != 0)
		return plx_why(
			why, -EINVAL,
			"nic%u: no card has the address %s, which is %s; one of your own begins "
			"with 02, as in -m 02:00:00:00:00:01",
			number, conf->mac_text,
			(conf->mac[0] & 1) != 0 ? "that of a group (its first byte is odd)"
						: "nobody's");
	return 0;
}

static int
check_tap(const struct nic_conf *conf, unsigned number, struct plx_why *why)
{
	struct address address;

	if (conf->net[0] != '\0' && conf->tap[0] == '\0')
		return plx_why(why, -EINVAL,
			       "nic%u: %s is to be the address of a tap, and there is none: add "
			       "-t NAME (tap=NAME)",
			       number, conf->net);
	if (conf->net[0] != '\0')
		return address_parse(conf->net, &address, why);
	return 0;
}

static int
check_wire(struct nic_conf *confs, unsigned i, unsigned nb_nics, struct plx_why *why)
{
	struct nic_conf *conf = &confs[i];
	char what[32];
	int peer;

	if (strncmp(conf->port, "nic", 3) == 0) {
		snprintf(what, sizeof(what), "nic%u: port", i);
		peer = nic_conf_number(conf->port, what, nb_nics, why);
		if (peer >= 0)
			peer = join(confs, (int)i, peer, what, why);
		if (peer < 0)
			return peer;
		conf->port[0] = '\0';
	}
	if ((conf->tap[0] != '\0') + (conf->port[0] != '\0') + (conf->peer >= 0) > 1)
		return plx_why(why, -EINVAL,
			       "nic%u: a card has one wire: a tap, a port or another NIC", i);
	return 0;
}

static int
check_twice(const struct nic_conf *a, unsigned i, const struct nic_conf *b, unsigned k,
	    struct plx_why *why)
{
	if (strcmp(a->socket, b->socket) == 0)
		return plx_why(why, -EINVAL,
			       "nic%u and nic%u have one socket, %s: give each its own", i, k,
			       a->socket);
	if (a->tap[0] != '\0' && strcmp(a->tap, b->tap) == 0)
		return plx_why(why, -EINVAL, "nic%u and nic%u have one tap, %s: give each its own",
			       i, k, a->tap);
	if (a->pcap[0] != '\0' && strcmp(a->pcap, b->pcap) == 0)
		return plx_why(why, -EINVAL, "nic%u and nic%u would write one file, %s", i, k,
			       a->pcap);
	if (a->mac_text[0] != '\0' && memcmp(a->mac, b->mac, 6) == 0)
		return plx_why(why, -EINVAL,
			       "nic%u and nic%u have one address, %s: give each its own", i, k,
			       a->mac_text);
	return 0;
}

static int
check_one(struct nic_conf *confs, unsigned i, unsigned nb_nics, struct plx_why *why)
{
	int ret;

	if (confs[i].socket[0] == '\0')
		return plx_why(why, -EINVAL,
			       "nic%u has no socket for its driver: -s /run/nic.sock, or --nic "
			       "socket=/run/nic.sock",
			       i);
	ret = check_mac(&confs[i], i, why);
	if (ret == 0)
		ret = check_tap(&confs[i], i, why);
	return ret == 0 ? check_wire(confs, i, nb_nics, why) : ret;
}

int
nic_conf_check(struct nic_conf *confs, unsigned nb_nics, struct plx_why *why)
{
	int ret = 0;

	if (nb_nics == 0)
		return plx_why(why, -EINVAL,
			       "there is no NIC: name the socket of one, as in plx-nicemu -s "
			       "/run/nic.sock -t nic0");
	for (unsigned i = 0; i < nb_nics && ret == 0; i++)
		ret = check_one(confs, i, nb_nics, why);
	/* A NIC that another one names as its wire may have one of its own. */
	for (unsigned i = 0; i < nb_nics && ret == 0; i++)
		ret = check_wire(confs, i, nb_nics, why);
	for (unsigned i = 0; i < nb_nics; i++) {
		for (unsigned k = i + 1; k < nb_nics && ret == 0; k++)
			ret = check_twice(&confs[i], i, &confs[k], k, why);
	}
	return ret;
}
