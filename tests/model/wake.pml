/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Nobody sleeps through a call: who sleeps (a slave in plx_cluster_wait; a master that dozes) and who wakes it, on a processor
 * that holds stores back while later loads go on. A store waits in its processor's buffer until the bus writes it; a fence
 * and a system call wait until the buffer is empty.
 *
 * Broken on purpose, each must be found: BROKEN_WAKER and BROKEN_SLEEPER have no fence; BROKEN_BELL rings before it
 * writes asleep = 0; BROKEN_ARM empties the bell after it lay down.
 */
#ifndef PACKETS
#define PACKETS 3
#endif

byte tail, bell; /* bell: the eventfd */
bool asleep;

bool w_waits, s_waits; /* a store in the waker's buffer, the sleeper's */
byte w_value;
bool s_value;

proctype bus()
{
end_bus: do
	:: w_waits -> d_step { tail = w_value; w_waits = false }
	:: s_waits -> d_step { asleep = s_value; s_waits = false }
	od
}

/* [places_show] */
proctype waker()
{
	byte n = 1;
	bool sleeps;

	do
	:: n <= PACKETS ->
		(!w_waits);
		d_step { w_value = n; w_waits = true };
#ifndef BROKEN_WAKER
		(!w_waits); /* the fence */
#endif
		sleeps = asleep;
		if
		:: sleeps ->
#ifdef BROKEN_BELL
			(!w_waits);
			bell = 1;
			asleep = false;
#else
			(!w_waits);
			asleep = false;
			bell = 1; /* a system call: all that was written before is seen */
#endif
		:: else
		fi;
		n++
	:: else -> break
	od
}

/* [plx_cluster_wait, rest, plx_cluster_slave_arm] */
proctype sleeper()
{
	byte seen, head;

	do
	:: head == PACKETS -> break
	:: else ->
		seen = tail;
		if
		:: seen != head -> head = seen
		:: else ->
#ifndef BROKEN_ARM
			(!s_waits);
			bell = 0;
#endif
			(!s_waits);
			d_step { s_value = true; s_waits = true };
#ifndef BROKEN_SLEEPER
			(!s_waits); /* the fence */
#endif
			seen = tail;
#ifdef BROKEN_ARM
			bell = 0;
#endif
			if
			:: seen == head -> (bell != 0) /* poll */
			:: else
			fi;
			(!s_waits);
			d_step { s_value = false; s_waits = true }
		fi
	od
}

init
{
	run bus();
	run waker();
	run sleeper()
}
