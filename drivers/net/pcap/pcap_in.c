/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that are read: opened and checked at probe, begun anew at each start, kept in memory if endless. */
#include "pcap_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What infinite_rx may keep of one file. */
#define KEPT_BYTES_MAX (1ULL << 30)

static int
open_source(struct pcap_in *in, struct plx_why *why)
{
	/* Standard input by its name, which gives us file flags of our own. */
	const char *path = strcmp(in->path, "-") == 0 ? "/dev/stdin" : in->path;
	struct stat about;
	int err;

	in->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0)
		return plx_why(why, -errno, "cannot read '%s': %s", in->path, strerror(errno));
	err = fstat(in->fd, &about) == 0 ? 0 : -errno;
	if (err == 0 && S_ISDIR(about.st_mode))
		err = -EISDIR;
	if (err == 0)
		err = plx_pcapfile_source_fd(in->fd, true, in->path, &in->source);
	if (err != 0) {
		close(in->fd);
		return plx_why(why, err, "cannot read '%s': %s", in->path, strerror(-err));
	}
	in->regular = S_ISREG(about.st_mode);
	return 0;
}

/* pcapng may have frames of several kinds; what is not Ethernet is counted when it comes. */
static int
check_link_type(const struct pcap_in *in, struct plx_why *why)
{
	struct plx_pcapfile_origin origin;

	if (plx_pcapfile_reader_interface(in->reader, 0, &origin) == 0 &&
	    origin.link_type != PLX_PCAPFILE_LINK_ETHERNET)
		return plx_why(why, -EINVAL,
			       "'%s' holds frames of link type %u; a port takes Ethernet (1) only",
			       in->path, origin.link_type);
	return 0;
}

static void
close_file(struct pcap_in *in)
{
	plx_pcapfile_reader_destroy(in->reader);
	plx_pcapfile_source_close(in->source);
	in->reader = NULL;
	in->source = NULL;
}

int
pcap_in_open(struct pcap_in *in, const char *path, struct plx_why *why)
{
	int err;

	in->path = path;
	err = open_source(in, why);
	if (err != 0)
		return err;
	err = plx_pcapfile_reader_create(in->source, NULL, &in->reader, why);
	if (err == 0)
		err = check_link_type(in, why);
	if (err != 0) {
		close_file(in);
		return err;
	}
	/* The header may be waited for, packets on the data path may not. */
	if (!in->regular)
		fcntl(in->fd, F_SETFL, fcntl(in->fd, F_GETFL) | O_NONBLOCK);
	in->fresh = true;
	in->ended = false;
	in->has_record = false;
	return 0;
}

/* -- infinite_rx --------------------------------------------------------------------------------------- */

struct keeper {
	uint64_t used, size;
	uint32_t packets_size;
};

static int
keep(struct pcap_in *in, struct keeper *k, const struct plx_pcapfile_record *record)
{
	if (k->used + record->len > k->size) {
		uint64_t size = 2 * k->size + record->len + 4096;
		uint8_t *grown = realloc(in->bytes, size);

		if (grown == NULL)
			return -ENOMEM;
		in->bytes = grown;
		k->size = size;
	}
	if (in->nb_kept == k->packets_size) {
		uint32_t size = 2 * k->packets_size + 64;
		struct pcap_kept *grown = reallocarray(in->kept, size, sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		in->kept = grown;
		k->packets_size = size;
	}
	memcpy(in->bytes + k->used, record->data, record->len);
	in->kept[in->nb_kept++] = (struct pcap_kept){k->used, record->len, record->packet.wire_len};
	k->used += record->len;
	return 0;
}

static int
keep_all(struct pcap_in *in, struct plx_why *why)
{
	struct plx_pcapfile_record record;
	struct keeper k = {0};
	int err;

	if (!in->regular)
		return plx_why(why, -EINVAL, "infinite_rx needs a file; '%s' is a pipe", in->path);
	while ((err = plx_pcapfile_reader_next(in->reader, &record, why)) == 1) {
		if (record.len == 0 || record.link_type != PLX_PCAPFILE_LINK_ETHERNET)
			continue;
		if (k.used + record.len > KEPT_BYTES_MAX || in->nb_kept == UINT32_MAX / 4)
			return plx_why(why, -EFBIG,
				       "infinite_rx keeps a file in memory, and '%s' has more than "
				       "%llu bytes; cut it: editcap -r '%s' small.pcap 1-100000",
				       in->path, KEPT_BYTES_MAX, in->path);
		if (keep(in, &k, &record) != 0)
			return plx_why(why, -ENOMEM, "no memory to keep '%s'", in->path);
	}
	if (err < 0)
		return err;
	if (in->nb_kept == 0)
		return plx_why(why, -ENODATA, "'%s' has no packet to repeat", in->path);
	return 0;
}

static void
forget_kept(struct pcap_in *in)
{
	free(in->bytes);
	free(in->kept);
	in->bytes = NULL;
	in->kept = NULL;
	in->nb_kept = 0;
	in->next = 0;
}

/* -- life ------------------------------------------------------------------------------------------------ */

int
pcap_in_start(struct pcap_in *in, bool infinite, struct plx_why *why)
{
	int err = 0;

	if (infinite && in->nb_kept > 0) {
		in->next = 0;
		return 0;
	}
	if (in->regular && !in->fresh) {
		close_file(in);
		err = pcap_in_open(in, in->path, why);
		if (err != 0)
			return err;
	}
	if (in->reader == NULL)
		return plx_why(why, -EIO, "'%s' cannot be read again", in->path);
	in->fresh = false;
	in->fault.text[0] = '\0';
	if (in->has_record)
		__atomic_store_n(&in->offered, in->offered + 1, __ATOMIC_RELAXED);
	if (infinite) {
		err = keep_all(in, why);
		if (err != 0)
			forget_kept(in);
	}
	return err;
}

void
pcap_in_close(struct pcap_in *in)
{
	close_file(in);
	forget_kept(in);
}
