/* SPDX-License-Identifier: BSD-3-Clause */
/* What became of every frame that passed between a card and its wire, each way by itself. */
#ifndef PLX_APPS_NICEMU_BOOKS_H
#define PLX_APPS_NICEMU_BOOKS_H

#include "account.h"

#include <pollux/plx_e1000_model.h>

#include <jansson.h>

enum way {
	TO_WIRE, /* the card sent it */
	TO_CARD, /* it came on the wire */
	WAYS,
};
/* "to_wire", "to_card" */
extern const char *const way_names[WAYS];

enum loss {
	LOSS_FULL,     /* the card had no descriptors */
	LOSS_FILTERED, /* not for this card */
	LOSS_DOWN,     /* no link, or no driver that is ready */
	LOSS_BAD,      /* too short, too long, no memory behind a descriptor */
	LOSS_DROPPED,  /* fault: drop */
	LOSS_HELD,     /* fault: delay, and too many waited */
	LOSS_LONG,     /* the port has no room for so long a frame */
	LOSS_END,      /* it waited when all ended */
	LOSSES,
};

struct way_books {
	uint64_t frames, bytes; /* that came */
	uint64_t passed, passed_bytes;
	uint64_t lost[LOSSES];
	uint64_t corrupted, delayed; /* faults that lose nothing */
	uint64_t uncut,
		pieces;	 /* packets that the port handed over uncut, and the frames made of them */
	uint64_t pauses; /* among the frames: 802.3x, which cards make themselves */
};

struct nic_books {
	struct way_books way[WAYS];
	uint64_t waiting[WAYS]; /* as of now: delayed, or not yet taken by the port */
	struct plx_e1000_model_stats card;
	uint64_t unsent;
	uint64_t starved; /* times no buffer was free for a frame from the card, which waited */
};

/* A way's account: what came = what passed + what waits + each loss. */
void books_account(const struct nic_books *books, enum way way, struct account *ret_account);

/*
 * What another one counted, too: the card each frame that it gave away and got. 0 if both agree, else by how much the card
 * counted more.
 */
int64_t books_against_card(const struct nic_books *books, enum way way);

/* True if both ways add up, and agree with the card. */
bool books_are_right(const struct nic_books *books);

/* {"to_wire": {"frames", "bytes", "passed", "waiting", "lost": {name: n}, ..}, "to_card": .., "card": .., "balanced"} */
json_t *books_json(const struct nic_books *books);

#endif
