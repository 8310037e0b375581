/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packet filters in libpcap's language, run on bytes. A filter is compiled once to classic BPF, is then
 * never changed, and may be matched by any number of threads at once. Frames begin with their Ethernet
 * header (DLT_EN10MB); a VLAN tag that the device took out of the frame is not seen by the filter.
 * Thread: any, unless a function says otherwise; who destroys a filter sees to it that nobody matches. Path: slow, but for plx_filter_match(). */
#ifndef PLX_LIB_FILTER_PLX_FILTER_H
#define PLX_LIB_FILTER_PLX_FILTER_H

#include "plx_base.h"

PLX_BEGIN_DECLS

struct plx_filter;

#define PLX_FILTER_INSNS_MAX 4096   /* instructions of one program, the kernel's own limit */
#define PLX_FILTER_SNAPLEN   262144 /* the snaplen to compile with when everything is wanted */

/* One classic BPF instruction, laid out as libpcap's struct bpf_insn and Linux' struct sock_filter. */
struct plx_filter_insn {
	uint16_t code;
	uint8_t jt;
	uint8_t jf;
	uint32_t k;
};
PLX_STATIC_ASSERT(sizeof(struct plx_filter_insn) == 8, "layout of classic BPF");

/*
 * Compiles `text`, as tcpdump takes it ("tcp port 80 and not host 10.0.0.1"). An empty text or NULL
 * matches every frame. snaplen, 1 .. 2^31 - 1, is what plx_filter_match returns for a match.
 *
 * -EINVAL: the text is no filter; why has libpcap's words and, where it can be told, the place. Also for
 * `protochain`, the one word of the language that makes a loop: no program here may have one.
 * -E2BIG, -ENOMEM. Host and port names are looked up, which may take time; numbers are not.
 * Thread: any, one compilation at a time takes place in a program. Path: slow.
 */
int plx_filter_compile(const char *text, uint32_t snaplen, struct plx_filter **ret_filter,
		       struct plx_why *why);

/*
 * Where a text that plx_filter_compile refuses is wrong: bytes *ret_begin up to *ret_end of it are the first
 * word with which it cannot be a filter any more; both are its length if it ends too early. -ENOENT if it is
 * right, or wrong as a whole (a program that no frame can match). -ENOMEM. Compiles many times: only for
 * messages. Thread: as above. Path: slow.
 */
int plx_filter_place(const char *text, size_t *ret_begin, size_t *ret_end);

/* Makes a filter of a program from elsewhere, after plx_filter_check. -EINVAL, -ENOMEM. */
int plx_filter_create(const struct plx_filter_insn *insns, unsigned n,
		      struct plx_filter **ret_filter, struct plx_why *why);

/* NULL is fine. */
void plx_filter_destroy(struct plx_filter *filter);

/*
 * Checks a classic BPF program: known instructions, jumps that stay inside, every path ends in a return,
 * scratch memory inside its 16 words and written before it is read, no constant division by zero. 0 or -EINVAL; why has the number of
 * the instruction. A program that passes ends after at most n steps and reads nothing outside the frame.
 */
int plx_filter_check(const struct plx_filter_insn *insns, unsigned n, struct plx_why *why);

/*
 * How many bytes of the frame the filter wants, 0 = no match. `caplen` bytes are at `bytes`; `wirelen` is
 * what the frame had on the wire (the filter word `len`). A load beyond caplen means no match.
 * Thread: any. Path: hot.
 */
uint32_t plx_filter_match(const struct plx_filter *filter, const void *bytes, uint32_t caplen,
			  uint32_t wirelen);

/*
 * What runs the filter: "x86-64 machine code", made once when the filter is; or "libpcap's interpreter" with the reason: another
 * processor, a process that may not make code (SELinux, systemd's MemoryDenyWriteExecute), or the environment's PLX_FILTER_INTERPRET
 * not being empty. The verdicts are the same. The text is a constant. Thread: any. Path: slow.
 */
const char *plx_filter_engine(const struct plx_filter *filter);

/* The program, for dumps. The filter owns it. */
const struct plx_filter_insn *plx_filter_insns(const struct plx_filter *filter, unsigned *ret_n);

/*
 * Writes instruction i as libpcap's `-d` prints it. Returns the length, as snprintf does; 0 if there is no
 * such instruction. Thread: one at a time. Path: slow.
 */
int plx_filter_print(const struct plx_filter *filter, unsigned i, char *buf, size_t size);

PLX_END_DECLS

#endif
