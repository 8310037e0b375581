/* SPDX-License-Identifier: BSD-3-Clause */
/* The far end of net_e1000: a fake card (tests/fakes). */
#include "contract.h"
#include "e1000_fake.h"

#include <stdio.h>

static struct efake *card;

int
e1000_open(struct wire *wire)
{
	efake_transport_add();
	card = efake_create("contract");
	snprintf(wire->name, sizeof(wire->name), EFAKE_TRANSPORT ":contract");
	snprintf(wire->devargs, sizeof(wire->devargs), EFAKE_TRANSPORT ":contract");
	return card != NULL ? 0 : -1;
}

/* Whatever the case was about, the driver kept to the manual and the card reached no memory but its own. */
void
e1000_close(struct wire *wire)
{
	if (efake_violations(card)[0] != '\0')
		wire->complaint = "the card found that the driver broke a rule";
	print_error("%s", efake_violations(card));
	efake_destroy(card);
	card = NULL;
}

int
e1000_put(struct wire *wire, const void *frame, size_t len)
{
	efake_put(card, frame, len);
	return 0;
}

size_t
e1000_get(struct wire *wire, void *frame, size_t size)
{
	return efake_take(card, frame, size);
}
