/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Huge pages are the machine's: no namespace has its own, and any program takes what is free when it starts. A test that reserved some for
 * itself would lose them to the programs of another; so these are told that there are none.
 */
#include "alone.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define LOW_HALF     (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4)
#define NUMBER	     offsetof(struct seccomp_data, nr)
#define ARGUMENT(n)  (offsetof(struct seccomp_data, args[n]) + LOW_HALF)
#define LOAD(at)     BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at)
#define ANSWER(what) BPF_STMT(BPF_RET | BPF_K, what)
/* How many instructions are left out if it is so, and if not. */
#define IF_EQUAL(what, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, what, yes, no)
#define IF_HAS(bits, yes, no)	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, yes, no)

int
pages_hide(void)
{
	struct sock_filter code[] = {
		LOAD(NUMBER),
		IF_EQUAL(SYS_memfd_create, 0, 2),
		LOAD(ARGUMENT(1)),
		IF_HAS(MFD_HUGETLB, 3, 4),
		IF_EQUAL(SYS_mmap, 0, 3),
		LOAD(ARGUMENT(3)),
		IF_HAS(MAP_HUGETLB, 0, 1),
		ANSWER(SECCOMP_RET_ERRNO | ENOMEM),
		ANSWER(SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0)
		return 0;
	/* Whoever has no rights must not gain any later. */
	if (errno != EACCES || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0 ? 0 : -errno;
}
