/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A set of files: one capture in files that follow one another. The set decides when a file is full, names,
 * opens and ends files, and removes the oldest; a writer (plx_pcapfile_writer.h) fills them.
 *
 *	plx_pcapfile_fileset_create(&params, &now, &set, &why);
 *	plx_pcapfile_writer_create(&wparams, plx_pcapfile_fileset_sink(set), &writer, &why);
 *	for each packet:
 *		if (plx_pcapfile_due_reached(plx_pcapfile_fileset_due(set), bytes, packets, &now))
 *			plx_pcapfile_fileset_turn(set, writer, &now, &why);
 *		plx_pcapfile_writer_packet(writer, ...);
 *	when there is nothing to do: plx_pcapfile_fileset_idle(set, writer, &now, &why);
 *	plx_pcapfile_fileset_end(set, writer, &why);
 *	plx_pcapfile_writer_destroy(writer);
 *	plx_pcapfile_fileset_destroy(set);
 *
 * A file is ended by the first packet that has no place in it any more, so no file is empty and none is
 * begun that nothing goes into. A period that is over ends its file also when no packet comes.
 *
 * Time is the caller's: the set asks no clock. Periods follow the clock of the day, but end after their length on
 * the monotonic clock at the latest; so a clock that is set forward ends one file, one that is set back makes one
 * file last a period, and nothing else happens.
 *
 * Thread: one at a time for a set. Path: slow, unless a function says otherwise.
 */
#ifndef PLX_LIB_PCAPFILE_PLX_PCAPFILE_FILESET_H
#define PLX_LIB_PCAPFILE_PLX_PCAPFILE_FILESET_H

#include "plx_pcapfile_writer.h"

PLX_BEGIN_DECLS

struct plx_pcapfile_fileset;

struct plx_pcapfile_now {
	uint64_t wall_ns; /* since the Unix epoch: the packet's time, or the clock's */
	uint64_t mono_ns; /* never runs back */
};

enum plx_pcapfile_naming {
	/*
	 * The name as it is. With numbered, or where it is taken: name, name1, name2 ... as tcpdump does;
	 * with dated, it is a pattern of strftime(3) for the begin of the period.
	 */
	PLX_PCAPFILE_NAME_PLAIN,
	/* name_00001_20261121130000.pcapng, as dumpcap does: a number and the local time. */
	PLX_PCAPFILE_NAME_NUMBER_AND_TIME,
};

struct plx_pcapfile_finished {
	const char *path;
	uint64_t packets;
	uint64_t bytes; /* on the disk */
};

struct plx_pcapfile_fileset_params {
	const char *name; /* "-": standard output, which is one file */
	enum plx_pcapfile_naming naming;
	bool dated;

	/* When a file ends; 0: not for this reason. Bytes are those before compression. */
	uint64_t file_bytes;   /* it has that many or more */
	uint64_t file_packets; /* it has that many */
	uint64_t duration_ns;  /* it is that old */
	uint64_t period_ns;    /* at multiples of this since the set was made */
	uint64_t interval_ns;  /* at multiples of this since local midnight, January 1st 1970 */

	/* How many files; 0: no limit. */
	uint32_t keep;	     /* the oldest is removed when there would be more */
	uint32_t stop_after; /* the set is over when that many are full */
	bool slots;	     /* keep: name0 .. name9, which are replaced again and again */
	uint64_t quota; /* bytes on the disk of all files that are left; the oldest is removed */

	bool safe_rename; /* a file is NAME.part until it is whole */

	/* Makes the sink over a new file; NULL: the file as it is. Takes the fd, also if it fails. */
	int (*make_sink)(void *arg, int fd, const char *path, struct plx_pcapfile_sink **ret_sink,
			 struct plx_why *why);
	/*
	 * A file is about to end because another follows or its time is over: the writer is still on it, for
	 * last blocks. Not called by _renew and _end, before which the caller knows it.
	 */
	void (*ending)(void *arg);
	/* A file is whole, and closed. Not called for standard output. */
	void (*finished)(void *arg, const struct plx_pcapfile_finished *file);
	/* One of these was removed by keep, slots or quota (err 0, also if it was gone), or cannot be and stays. */
	void (*removed)(void *arg, const char *path, int err);
	/*
	 * Closes the fd of a file that has no name any more. This is when the kernel frees its space, a quarter of a second
	 * for a gigabyte: another thread can do it. NULL: closed at once.
	 */
	void (*release)(void *arg, int fd);
	void *arg;
};

/*
 * Makes a set and opens its first file. A set of one file overwrites it; a set of more never overwrites what
 * it has not written itself, but for `slots`. -EINVAL for limits that contradict one another, a name that
 * is too long, or is no file's although there are to be several; -errno of open(2).
 */
int plx_pcapfile_fileset_create(const struct plx_pcapfile_fileset_params *params,
				const struct plx_pcapfile_now *now,
				struct plx_pcapfile_fileset **ret_set, struct plx_why *why);

/* Forgets the set; the file that is open is closed, but not finished. NULL is fine. */
void plx_pcapfile_fileset_destroy(struct plx_pcapfile_fileset *set);

/* The sink of the present file; it changes with every file. */
struct plx_pcapfile_sink *plx_pcapfile_fileset_sink(struct plx_pcapfile_fileset *set);

/* Path of the present file, or of the one before while there is none. */
const char *plx_pcapfile_fileset_path(const struct plx_pcapfile_fileset *set);

/* -- when a file is full ------------------------------------------------------------------------- */

/* The set's next event: _turn is called when one of them is reached. */
struct plx_pcapfile_due {
	uint64_t bytes;
	uint64_t packets;
	uint64_t wall_ns;
	uint64_t mono_ns;
};
const struct plx_pcapfile_due *plx_pcapfile_fileset_due(const struct plx_pcapfile_fileset *set);

/* Whether the file, as long as it is, is not to get another packet now. Path: hot. */
static inline bool
plx_pcapfile_due_reached(const struct plx_pcapfile_due *due, uint64_t bytes, uint64_t packets,
			 const struct plx_pcapfile_now *now)
{
	return bytes >= due->bytes || packets >= due->packets || now->wall_ns >= due->wall_ns ||
	       now->mono_ns >= due->mono_ns;
}

/*
 * Does what is due before a packet is written: another file, or the oldest removed. 0: the writer is on a file that
 * takes the packet. 1: the set is over (stop_after), nothing is to be written any more. -errno with why: see
 * _counts; if there is a file nevertheless (an old one goes on while no new one can be opened), the packet can be
 * written. The next attempt is made a second later.
 */
int plx_pcapfile_fileset_turn(struct plx_pcapfile_fileset *set, struct plx_pcapfile_writer *writer,
			      const struct plx_pcapfile_now *now, struct plx_why *why);

/* Ends a file whose time is over although no packet comes. Returns as _turn. */
int plx_pcapfile_fileset_idle(struct plx_pcapfile_fileset *set, struct plx_pcapfile_writer *writer,
			      const struct plx_pcapfile_now *now, struct plx_why *why);

/* Leaves a file that cannot be written any more and begins another. 0, or -errno with why. */
int plx_pcapfile_fileset_renew(struct plx_pcapfile_fileset *set, struct plx_pcapfile_writer *writer,
			       const struct plx_pcapfile_now *now, struct plx_why *why);

/* Whether the present file still has a name in its folder. */
bool plx_pcapfile_fileset_is_there(const struct plx_pcapfile_fileset *set);

/* Flushes the writer and finishes the last file. 0, or the first error with why. */
int plx_pcapfile_fileset_end(struct plx_pcapfile_fileset *set, struct plx_pcapfile_writer *writer,
			     struct plx_why *why);

struct plx_pcapfile_fileset_counts {
	bool open;	   /* there is a file that takes packets */
	uint64_t finished; /* files that are whole and closed */
	uint64_t removed;  /* by keep or quota */
	uint64_t bytes;	   /* on the disk, of all files that were finished */
	uint64_t failed;   /* files that could not be opened, ended, renamed or removed */
};
void plx_pcapfile_fileset_counts(const struct plx_pcapfile_fileset *set,
				 struct plx_pcapfile_fileset_counts *ret_counts);

PLX_END_DECLS

#endif
