/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who owns a buffer: the master's round and a slave of lib/cluster, line by line, in the smallest form that has everything: two
 * buffers, a queue of two, a keep, a send, a slave that dies at any step, and another one behind it. Every access to the lane
 * is a step of its own, in the order of the code; what stands in brackets is the function.
 *
 * Checked: a buffer goes home when nobody uses it, and once; a slot that the slave reads has the packet it was written for; when
 * a slave is gone, all comes home; nobody waits for ever. Broken on purpose, one at a time, each must be found:
 *
 *	BROKEN_C	head is shown before the packet is marked as kept
 *	BROKEN_A	tail is shown before the descriptor is written
 *	BROKEN_COUNT	the master takes "something was marked" as seen once it has looked
 *	BROKEN_BIT	lists of numbers count, and not the bit
 *	BROKEN_DEATH	what a dead slave had kept is not looked for
 *	BROKEN_ROOM	a slot is free when the slave has seen it, not when it was given back
 *
 * HOSTILE: a slave that writes whatever it likes. It hurts only itself: nothing goes home twice, nothing is lost.
 */
#define NONE 255
#define BUFS 2
#define LEN  2
#ifndef PACKETS
#define PACKETS 3
#endif

/* the lane */
byte queue[LEN], kept[LEN], kept_to, marks, tail, head, back[LEN], back_tail, order[LEN], order_tail;
byte order_head;
bool over;

/* the master's own */
bool holds[BUFS], aside[BUFS], home[BUFS];
byte shadow[LEN], m_tail, reclaimed, back_head, marks_seen, put, visits;

/* what the test knows */
byte packet[BUFS]; /* the position it was put at */
bool uses[BUFS];   /* the living slave reads it, or counts on it */
bool alive, killed, seen_slot;
byte i;

inline go_home(b)
{
	assert(!home[b]);
#ifndef HOSTILE
	assert(!uses[b]);
#endif
	home[b] = true
}

/* [drop] */
inline drop(b)
{
	if
#ifdef BROKEN_BIT
	:: true -> holds[b] = false; go_home(b)
#else
	:: holds[b] -> holds[b] = false; go_home(b)
	:: else
#endif
	fi
}

/* -- the slave ----------------------------------------------------------------------------------------- */

/* [mark_kept] */
inline mark(h)
{
	kept[h % LEN] = h + 1;
#ifdef BROKEN_COUNT
	marks++;
#endif
	kept_to = h + 1
}

#ifdef HOSTILE
proctype slave()
{
	byte acts;

	do
	:: acts < 3 ->
		atomic {
			acts++;
			if
			:: head = reclaimed + 1
			:: head = reclaimed + 2
			:: kept_to = PACKETS; kept[0] = 1; kept[1] = 2
			:: kept_to = PACKETS; kept[0] = 3
			:: back_tail - back_head < LEN -> back[back_tail % LEN] = 0; back_tail++
			:: back_tail - back_head < LEN -> back[back_tail % LEN] = 1; back_tail++
			:: order_tail - order_head < LEN -> order[order_tail % LEN] = 0; order_tail++
			:: order_tail - order_head < LEN -> order[order_tail % LEN] = 1; order_tail++
			fi
		}
	:: alive = false; break
	od
}
#else
proctype slave()
{
	byte h, seen, bt, ot, b, mine = NONE, sent = NONE;
	bool keep;

	{
end_slave: do
	:: seen = tail; /* B [peek] */
	   if
	   :: seen != h ->
		atomic {
			b = queue[h % LEN];
			assert(!home[b] && packet[b] == h);
			uses[b] = true;
			keep = false;
			seen = 0;
			if
			:: true
			:: mine == NONE -> keep = true; mine = b
			:: ot - order_head < LEN -> order[ot % LEN] = b; ot++; keep = true; sent = b /* [send] */
			fi
		};
#ifdef BROKEN_C
		atomic { uses[b] = keep; h++ };
		head = h;
		if
		:: keep -> mark(h - 1)
		:: else
		fi;
#else
		if
		:: keep -> mark(h)
		:: else
		fi;
		if
		:: sent != NONE -> /* the order may be seen before the slot is given back, or after: both must do */
			if
			:: atomic { uses[sent] = false; order_tail = ot; sent = NONE }
			:: true
			fi
		:: else
		fi;
		atomic { uses[b] = keep && sent != NONE || mine == b; h++; b = 0; head = h }; /* C [done] */
#endif
		if
		:: atomic { sent != NONE -> uses[sent] = false; order_tail = ot; sent = NONE } /* [flush] */
		:: else
		fi
	   :: seen == h && over && mine == NONE -> break
	   :: seen == h && !over && mine == NONE -> (tail != h || over)
	   :: mine != NONE -> /* [return, flush] */
		atomic { back[bt % LEN] = mine; bt++; uses[mine] = false; mine = NONE };
		back_tail = bt
	   fi
	od
	} unless { (killed && visits == 1) };
	atomic { uses[0] = false; uses[1] = false; alive = false }
}
#endif

/* -- the master ---------------------------------------------------------------------------------------- */

/* [collect_slot], what lies before h [collect_queue] */
inline collect_queue(h)
{
#ifdef BROKEN_COUNT
	look = marks != marks_seen;
	marks_seen = marks;
#else
	look = kept_to > reclaimed;
#endif
	do
	:: reclaimed != h ->
		b = shadow[reclaimed % LEN];
		if
		:: look && kept[reclaimed % LEN] == reclaimed + 1 ->
			atomic {
				if
				:: holds[b] -> aside[b] = true
				:: else
				fi;
				reclaimed++
			}
		:: else -> atomic { drop(b); reclaimed++ }
		fi
	:: else -> break
	od
}

/* [place_collect] */
inline collect()
{
	s = order_tail; /* D */
	r = back_tail;
	h = head;
	if
	:: h - reclaimed <= m_tail - reclaimed && h >= reclaimed -> collect_queue(h)
	:: else /* a lie; it would be sent away */
	fi;
	do
	:: back_head != r ->
		b = back[back_head % LEN];
		atomic { drop(b); back_head++ }
	:: else -> break
	od;
	do
	:: order_head != s ->
		b = order[order_head % LEN];
		atomic { drop(b); order_head++ } /* sent, and back from the port at once */
	:: else -> break
	od;
	atomic { s = 0; r = 0; h = 0; b = 0; look = false }
}

/* [place_sweep], and the lane of the next one */
inline bury()
{
	atomic {
		do
		:: reclaimed != m_tail -> drop(shadow[reclaimed % LEN]); reclaimed++
		:: else -> break
		od;
#ifndef BROKEN_DEATH
		i = 0;
		do
		:: i < BUFS -> if :: aside[i] -> drop(i) :: else fi; aside[i] = false; i++
		:: else -> break
		od;
#endif
		assert(home[0] && home[1]);
		kept[0] = 0; kept[1] = 0; kept_to = 0; marks = 0; marks_seen = 0;
		queue[0] = 0; queue[1] = 0; shadow[0] = 0; shadow[1] = 0; packet[0] = 0; packet[1] = 0;
		back[0] = 0; back[1] = 0; order[0] = 0; order[1] = 0;
		tail = 0; head = 0; back_tail = 0; order_tail = 0;
		m_tail = 0; reclaimed = 0; back_head = 0; order_head = 0
	}
}

#ifdef BROKEN_ROOM
#define ROOM (m_tail - reclaimed < LEN + 1)
#else
#define ROOM (m_tail - reclaimed < LEN)
#endif
#define CAN_PUT (put < PACKETS && ROOM && (home[0] || home[1]))
#define NEWS    (order_tail != order_head || back_tail != back_head || head != reclaimed)

/* [put_slot, places_show] */
inline give(b)
{
	atomic { home[b] = false; packet[b] = m_tail; holds[b] = true; shadow[m_tail % LEN] = b; put++ };
#ifdef BROKEN_A
	tail = m_tail + 1;
	queue[m_tail % LEN] = b;
#else
	queue[m_tail % LEN] = b;
	tail = m_tail + 1; /* A */
#endif
	m_tail++
}

proctype master()
{
	byte s, r, h, b;
	bool look;

	do
	:: !alive && visits < 2 -> bury(); atomic { alive = true; visits++; put = 0 }; run slave()
	:: !alive && visits == 2 && !over && put < PACKETS -> bury(); break /* the hostile one left */
	:: alive && NEWS -> collect()
	:: alive && CAN_PUT ->
		if
		:: home[0] -> give(0)
		:: home[1] -> give(1)
		fi
	:: alive && put == PACKETS && reclaimed == m_tail && home[0] && home[1] -> over = true; (!alive); bury(); break
	:: !alive && put == PACKETS && visits == 2 -> bury(); break
	od;
	assert(home[0] && home[1])
}

/* At any moment; or, as nobody must, never. */
proctype killer()
{
	killed = true
}

init
{
	atomic { home[0] = true; home[1] = true };
	run master();
	run killer()
}
