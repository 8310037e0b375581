/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Maps, loading and attaching, through libbpf's thin wrappers of bpf(2). The list of programs is this
 * process' own: it is what lets several ports share an interface.
 */
#include "xdp_prog.h"
#include "xdp_holder.h"

#include "plx_clock.h"
#include "plx_filter.h"
#include "plx_list.h"
#include "plx_xdp.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#define VERIFIER_LOG (64 * 1024)

struct xdp_prog {
	struct plx_list link;
	struct xdp_prog_params params; /* texts are not kept but for filter_text */
	char *filter_text;
	unsigned users;
	enum xdp_mode mode;
	bool frags;
	uint64_t stamp_key;
	int xsks_fd, counters_fd, prog_fd, link_fd;
	struct xdp_counters *counters;
	size_t counters_len;
};

static struct plx_list programs = PLX_LIST_INIT(programs);

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* -- maps -------------------------------------------------------------------------------------------- */

static int
make_maps(struct xdp_prog *prog, struct plx_why *why)
{
	LIBBPF_OPTS(bpf_map_create_opts, mapped, .map_flags = BPF_F_MMAPABLE);
	const uint32_t value = prog->params.queues * (uint32_t)sizeof(struct xdp_counters);
	void *map;

	prog->xsks_fd = bpf_map_create(BPF_MAP_TYPE_XSKMAP, "plx_xsks", sizeof(uint32_t),
				       sizeof(int), prog->params.queues, NULL);
	if (prog->xsks_fd < 0)
		goto refused;
	prog->counters_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "plx_counters", sizeof(uint32_t),
					   value, 1, &mapped);
	if (prog->counters_fd < 0)
		goto refused;
	prog->counters_len = (value + 4095u) & ~4095u;
	map = mmap(NULL, prog->counters_len, PROT_READ, MAP_SHARED, prog->counters_fd, 0);
	if (map == MAP_FAILED)
		goto refused;
	prog->counters = map;
	return 0;

refused:
	if (errno == EPERM)
		return plx_why(
			why, -EPERM,
			"the kernel lets this user make no BPF maps: XDP needs CAP_BPF and "
			"CAP_NET_ADMIN (run as root, or setcap "
			"cap_net_raw,cap_net_admin,cap_bpf,cap_ipc_lock+ep PROGRAM)" PLX_DOCTOR(
				"capabilities"));
	return plx_why(why, -errno,
		       "cannot make the maps of the XDP program: %s" PLX_DOCTOR("kernel"),
		       strerror(errno));
}

/* -- program ------------------------------------------------------------------------------------------ */

static int
load_insns(struct xdp_prog *prog, const struct bpf_insn *insns, size_t n, struct plx_why *why)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_XDP,
		    .prog_flags = prog->frags ? BPF_F_XDP_HAS_FRAGS : 0);
	char *log;
	int err;

	prog->prog_fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "plx_af_xdp", "BSD", insns, n, &opts);
	if (prog->prog_fd >= 0)
		return 0;
	err = -errno;
	if (err == -EPERM)
		return plx_why(why, err,
			       "the kernel lets this user load no XDP program: it needs "
			       "CAP_BPF and CAP_NET_ADMIN" PLX_DOCTOR("capabilities"));
	/* Once more, to hear the verifier. */
	log = calloc(1, VERIFIER_LOG);
	if (log != NULL) {
		size_t len;

		opts.log_buf = log;
		opts.log_size = VERIFIER_LOG;
		opts.log_level = 1;
		prog->prog_fd =
			bpf_prog_load(BPF_PROG_TYPE_XDP, "plx_af_xdp", "BSD", insns, n, &opts);
		close_fd(&prog->prog_fd);
		len = strlen(log);
		plx_why(why, err,
			"the kernel refuses the XDP program: %s; the verifier's last words: %s" PLX_DOCTOR(
				"kernel"),
			strerror(-err), len > 200 ? log + len - 200 : log);
		free(log);
	}
	return err;
}

static int
load(struct xdp_prog *prog, bool atomic, struct plx_why *why)
{
	const struct xdp_prog_plan plan = {
		.xsks_fd = prog->xsks_fd,
		.counters_fd = prog->counters_fd,
		.queues = prog->params.queues,
		.max_frame = prog->params.max_frame,
		.clock_helper = prog->params.clock_helper,
		.stamp_key = prog->stamp_key,
		.atomic = atomic,
		.filter = prog->params.filter,
	};
	struct bpf_insn *insns;
	size_t n;
	int err = xdp_prog_write(&plan, &insns, &n, why);

	if (err != 0)
		return err;
	err = load_insns(prog, insns, n, why);
	free(insns);
	return err;
}

/* -- attaching ----------------------------------------------------------------------------------------- */

static int
attach_in_mode(struct xdp_prog *prog, enum xdp_mode mode, struct plx_why *why)
{
	const bool native = mode == XDP_MODE_NATIVE;
	LIBBPF_OPTS(bpf_link_create_opts, opts,
		    .flags = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);
	int err = load(prog, !native, why);

	if (err != 0)
		return err;
	prog->link_fd = bpf_link_create(prog->prog_fd, (int)prog->params.if_index, BPF_XDP, &opts);
	if (prog->link_fd >= 0) {
		prog->mode = mode;
		return 0;
	}
	err = -errno;
	close_fd(&prog->prog_fd);
	if (err == -EBUSY || err == -EEXIST)
		return xdp_holder_explain(prog->params.if_name, prog->params.if_index, why);
	if (err == -ERANGE || (native && !prog->frags && prog->params.mtu > PLX_XDP_MTU_ONE_PAGE))
		return plx_why(
			why, -ERANGE,
			"the MTU of %s or of its peer (%u here) is too large for native XDP in "
			"one buffer: lower both with `ip link set dev %s mtu %u`, or %s" PLX_DOCTOR(
				"interfaces"),
			prog->params.if_name, prog->params.mtu, prog->params.if_name,
			PLX_XDP_MTU_ONE_PAGE,
			prog->params.frags
				? "take mode=generic, which is slower"
				: "ask for scatter, which uses several buffers a packet");
	return plx_why(
		why, err,
		"cannot attach the XDP program to %s in %s mode: %s" PLX_DOCTOR("interfaces"),
		prog->params.if_name, native ? "native" : "generic", strerror(-err));
}

/* Errors by which a driver says that it has no native XDP of this kind. */
static bool
worth_trying_less(int err)
{
	return err == -EOPNOTSUPP || err == -EINVAL || err == -ENOTSUP || err == -ERANGE ||
	       err == -ENOSPC || err == -E2BIG;
}

static int
attach(struct xdp_prog *prog, struct plx_why *why)
{
	const enum xdp_mode wish = prog->params.mode;
	int err;

	prog->frags = prog->params.frags;
	err = attach_in_mode(prog, wish == XDP_MODE_GENERIC ? wish : XDP_MODE_NATIVE, why);
	if (err != 0 && prog->frags && worth_trying_less(err)) {
		prog->frags = false;
		err = attach_in_mode(prog, wish == XDP_MODE_GENERIC ? wish : XDP_MODE_NATIVE, why);
	}
	/* A too large MTU has a cure that keeps native speed: say so rather than crawl. */
	if (err != 0 && err != -ERANGE && wish == XDP_MODE_AUTO && worth_trying_less(err)) {
		prog->frags = prog->params.frags;
		err = attach_in_mode(prog, XDP_MODE_GENERIC, why);
	}
	return err;
}

/* -- sharing ------------------------------------------------------------------------------------------- */

static struct xdp_prog *
find(uint32_t if_index)
{
	PLX_LIST_FOREACH(link, &programs) {
		struct xdp_prog *prog = PLX_LIST_ITEM(link, struct xdp_prog, link);

		if (prog->params.if_index == if_index)
			return prog;
	}
	return NULL;
}

static int
join(struct xdp_prog *prog, const struct xdp_prog_params *params, struct plx_why *why)
{
	if (strcmp(prog->filter_text, params->filter_text) != 0)
		return plx_why(why, -EBUSY,
			       "ports on one interface share one XDP program: give them the same "
			       "filter= (%s has '%s')",
			       params->if_name, prog->filter_text);
	if (params->mode != XDP_MODE_AUTO && params->mode != prog->mode)
		return plx_why(why, -EBUSY,
			       "ports on one interface share one XDP program: %s runs in %s mode",
			       params->if_name,
			       prog->mode == XDP_MODE_NATIVE ? "native" : "generic");
	if (params->max_frame != prog->params.max_frame || params->frags != prog->params.frags ||
	    params->clock_helper != prog->params.clock_helper)
		return plx_why(why, -EBUSY,
			       "ports on one interface share one XDP program: give those on %s the "
			       "same offloads and buffer size",
			       params->if_name);
	prog->users++;
	return 0;
}

/* Detached, not only closed: a child made by fork has the fd, too. */
static void
detach_link(struct xdp_prog *prog)
{
	if (prog->link_fd >= 0)
		(void)bpf_link_detach(prog->link_fd);
	close_fd(&prog->link_fd);
}

static void
destroy(struct xdp_prog *prog)
{
	detach_link(prog);
	close_fd(&prog->prog_fd);
	if (prog->counters != NULL)
		munmap(prog->counters, prog->counters_len);
	close_fd(&prog->counters_fd);
	close_fd(&prog->xsks_fd);
	free(prog->filter_text);
	free(prog);
}

/* Chance keeps honest bytes apart, so a source without entropy is no reason to refuse; never 0. */
static void
draw_key(struct xdp_prog *prog)
{
	if (prog->params.clock_helper == 0)
		return;
	if (getrandom(&prog->stamp_key, sizeof(prog->stamp_key), GRND_NONBLOCK) !=
	    sizeof(prog->stamp_key))
		prog->stamp_key = plx_clock_ticks() * 0x9e3779b97f4a7c15ULL;
	prog->stamp_key |= 1;
}

static int
create(const struct xdp_prog_params *params, struct xdp_prog **ret_prog, struct plx_why *why)
{
	struct xdp_prog *prog = calloc(1, sizeof(*prog));
	int err;

	if (prog == NULL)
		return plx_why(why, -ENOMEM, "no memory for an XDP program");
	prog->params = *params;
	prog->xsks_fd = prog->counters_fd = prog->prog_fd = prog->link_fd = -1;
	prog->users = 1;
	prog->filter_text = strdup(params->filter_text);
	draw_key(prog);
	if (prog->filter_text == NULL) {
		err = plx_why(why, -ENOMEM, "no memory for an XDP program");
		goto destroy_prog;
	}
	err = make_maps(prog, why);
	if (err == 0)
		err = attach(prog, why);
	if (err != 0)
		goto destroy_prog;
	*ret_prog = prog;
	return 0;

destroy_prog:
	destroy(prog);
	return err;
}

int
xdp_prog_attach(const struct xdp_prog_params *params, struct xdp_prog **ret_prog,
		struct plx_why *why)
{
	struct xdp_prog *prog = find(params->if_index);
	int err;

	if (prog != NULL) {
		err = join(prog, params, why);
		if (err == 0)
			*ret_prog = prog;
		return err;
	}
	err = create(params, ret_prog, why);
	if (err == 0) {
		/* The caller's texts and filter end with the call. */
		(*ret_prog)->params.filter = NULL;
		(*ret_prog)->params.if_name = (*ret_prog)->params.filter_text = "";
		plx_list_append(&programs, &(*ret_prog)->link);
	}
	return err;
}

void
xdp_prog_silence(struct xdp_prog *prog)
{
	if (prog != NULL && prog->users == 1)
		detach_link(prog);
}

void
xdp_prog_detach(struct xdp_prog *prog)
{
	if (prog == NULL || --prog->users != 0)
		return;
	plx_list_remove(&prog->link);
	destroy(prog);
}

/* -- queues -------------------------------------------------------------------------------------------- */

int
xdp_prog_queue_add(struct xdp_prog *prog, uint32_t queue, int xsk_fd)
{
	if (bpf_map_update_elem(prog->xsks_fd, &queue, &xsk_fd, BPF_NOEXIST) == 0)
		return 0;
	return errno == EEXIST ? -EBUSY : -errno;
}

void
xdp_prog_queue_remove(struct xdp_prog *prog, uint32_t queue)
{
	(void)bpf_map_delete_elem(prog->xsks_fd, &queue);
}

bool
xdp_prog_mode_is_generic(const struct xdp_prog *prog)
{
	return prog != NULL && prog->mode == XDP_MODE_GENERIC;
}

bool
xdp_prog_frags(const struct xdp_prog *prog)
{
	return prog->frags;
}

uint64_t
xdp_prog_stamp_key(const struct xdp_prog *prog)
{
	return prog->stamp_key;
}

const struct xdp_counters *
xdp_prog_counters(const struct xdp_prog *prog, uint32_t queue)
{
	return &prog->counters[queue];
}
