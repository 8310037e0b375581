/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Capabilities: their names, and giving them up once the ports run. docs/guides/privileges.md says which are needed for
 * what, and what is kept.
 */
#ifndef PLX_APPS_COMMON_PRIVILEGE_H
#define PLX_APPS_COMMON_PRIVILEGE_H

#include <pollux/plx_base.h>

#include <linux/capability.h>

#define PRIVILEGE_BIT(cap) (UINT64_C(1) << (cap))

/* What opening and changing ports takes. */
#define PRIVILEGE_NET                                                                         \
	(PRIVILEGE_BIT(CAP_NET_RAW) | PRIVILEGE_BIT(CAP_NET_ADMIN) | PRIVILEGE_BIT(CAP_BPF) | \
	 PRIVILEGE_BIT(CAP_IPC_LOCK))

/* "CAP_NET_RAW, CAP_BPF", "all" or "none"; cut at `size`. Returns text. */
const char *privilege_names(uint64_t caps, char *text, size_t size);

/* "cap_net_raw,cap_bpf", as setcap(8) takes them. Returns text. */
const char *privilege_setcap(uint64_t caps, char *text, size_t size);

/*
 * CAP_DAC_OVERRIDE if this user may make files in the folder of `path` only thanks to it (root in somebody's folder), else 0:
 * what a program must keep that will open more files there.
 */
uint64_t privilege_for_files(const char *path);

/*
 * Gives up all capabilities but those in `keep`, on every thread of the EAL, and forbids to win new ones (no_new_privs). What
 * is open stays open. A program that has none finds everything done. -EBUSY while a worker lcore runs; -EPERM if some
 * thread still has more afterwards. Thread: main lcore, EAL up. Path: slow.
 */
int privilege_drop(uint64_t keep, struct plx_why *why);

#endif
