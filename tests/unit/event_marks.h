/* SPDX-License-Identifier: BSD-3-Clause */
/* Events that somebody added and did not take away: a callback could still run after what it works on is gone. */
#ifndef PLX_TESTS_UNIT_EVENT_MARKS_H
#define PLX_TESTS_UNIT_EVENT_MARKS_H

#include "plx_event.h"

#define EVENT_MARK_US 3600000000u /* never, for a test */

static inline void
event_mark_never(void *arg)
{
}

/* Events added from here on have higher numbers; 0 while there is no control thread. */
static inline plx_event_id
event_mark(void)
{
	plx_event_id id = 0;

	if (plx_event_alarm_add(EVENT_MARK_US, 0, event_mark_never, NULL, &id) == 0)
		plx_event_remove(id);
	return id;
}

/* How many of those added since the mark are still there; they are taken away. */
static inline unsigned
events_left(plx_event_id mark)
{
	const plx_event_id end = event_mark();
	unsigned n = 0;

	for (plx_event_id id = mark + 1; id < end; id++)
		n += plx_event_remove(id) == 0;
	return n;
}

#endif
