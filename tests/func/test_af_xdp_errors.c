/* SPDX-License-Identifier: BSD-3-Clause */
/* What net_af_xdp says when it cannot: each refusal names what was found and the command that mends it. */
#include "xdp_port.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/if_link.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct plx_pool *pool;

static int
set_up(void **state)
{
	pair_up(2);
	sh("ethtool -L va rx 2 tx 1 >/dev/null 2>&1 || true"); /* what va sends comes to queue 0 */
	pool = pool_make("p", POOL_BUFFERS, 0, 0);
	return 0;
}

static int
tear_all_down(void **state)
{
	plx_device_detach("net_af_xdp0", NULL);
	plx_device_detach("net_af_xdp1", NULL);
	pool_unmake(pool);
	pair_down();
	return 0;
}

static void
refused(const char *devargs, int err, const char *const *words)
{
	const struct xdp_port_conf conf = {.devargs = devargs, .pool = pool};

	port_refused(&conf, err, words);
}

static void
devargs_are_checked(void **state)
{
	refused("start_queue=0", -EINVAL, WORDS("iface"));
	refused("iface=vb,colour=red", -EINVAL, WORDS("colour"));
	refused("iface=vb,mode=fast", -EINVAL, WORDS("mode", "native"));
	refused("iface=vb,zero_copy=1,force_copy=1", -EINVAL, WORDS("zero_copy", "contradict"));
	refused("iface=vb,queues=1,queue_count=2", -EINVAL, WORDS("queues=1", "queue_count=2"));
	refused("iface=vb,tx_budget=7", -EINVAL, WORDS("tx_budget=7", "32"));
	refused("iface=vb,filter='tcp port'", -EINVAL, WORDS("filter='tcp port'"));
}

static void
an_interface_that_does_not_exist(void **state)
{
	refused("iface=eth77", -ENODEV, WORDS("eth77", "va", "vb", "lo"));
}

static void
an_interface_that_is_down(void **state)
{
	sh("ip link set vb down");
	refused("iface=vb", -ENETDOWN, WORDS("vb is down", "ip link set dev vb up"));
}

static void
an_interface_that_is_not_ethernet(void **state)
{
	if (!sh_ok("ip tuntap add dev tn9 mode tun 2>/dev/null"))
		skip();
	refused("iface=tn9", -EAFNOSUPPORT, WORDS("tn9", "Ethernet"));
	sh("ip link del tn9");
}

static void
queues_beyond_the_device(void **state)
{
	const struct xdp_port_conf many = {.devargs = "iface=vb", .pool = pool, .queues = 3};

	refused("iface=vb,queue_count=3", -EINVAL, WORDS("vb has (2)", "ethtool -l vb"));
	refused("iface=vb,start_queue=2", -EINVAL, WORDS("start_queue=2", "ethtool -L vb"));
	port_refused(&many, -EINVAL, WORDS("3 rx queues asked for", "2"));
}

static int
load_pass(void)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "other_one", "BSD", insns, 2, NULL);

	assert_true(fd >= 0);
	return fd;
}

static void
an_interface_with_another_program(void **state)
{
	const int index = (int)if_nametoindex("vb");
	int fd = load_pass(), link;

	assert_int_equal(bpf_xdp_attach(index, fd, XDP_FLAGS_DRV_MODE, NULL), 0);
	refused("iface=vb", -EBUSY, WORDS("other_one", "ip link set dev vb xdpdrv off"));
	sh("ip link set dev vb xdpdrv off");
	assert_int_equal(bpf_xdp_attach(index, fd, XDP_FLAGS_SKB_MODE, NULL), 0);
	refused("iface=vb", -EBUSY, WORDS("other_one", "ip link set dev vb xdpgeneric off"));
	sh("ip link set dev vb xdpgeneric off");
	link = bpf_link_create(fd, index, BPF_XDP, NULL);
	assert_true(link >= 0);
	refused("iface=vb", -EBUSY, WORDS("other_one", "bpf link", "end that"));
	close(link);
	close(fd);
}

static void
a_queue_that_is_taken(void **state)
{
	const struct xdp_port_conf conf = {.devargs = "iface=vb", .pool = pool};
	struct plx_why why = {""};
	uint16_t first = port_start("net_af_xdp0", &conf), second;

	assert_int_equal(port_try("net_af_xdp1", &conf, &second, &why), -EBUSY);
	assert_non_null(strstr(why.text, "queue 0 of vb is in use"));
	assert_non_null(strstr(why.text, "start_queue="));
	port_end(first);
}

static void
two_filters_on_one_interface(void **state)
{
	const struct xdp_port_conf one = {.devargs = "iface=vb,filter=udp,queue_count=1",
					  .pool = pool},
				   other = {.devargs = "iface=vb,filter=tcp,start_queue=1",
					    .pool = pool};
	struct plx_why why = {""};
	uint16_t first = port_start("net_af_xdp0", &one), second;

	assert_int_equal(port_try("net_af_xdp1", &other, &second, &why), -EBUSY);
	assert_non_null(strstr(why.text, "the same filter= (vb has 'udp')"));
	port_end(first);
}

static void
an_mtu_beyond_the_buffers(void **state)
{
	sh("ip link set va mtu 3000 && ip link set vb mtu 3000");
	refused("iface=vb", -ERANGE,
		WORDS("the MTU of vb is too large", "ip link set dev vb mtu 2030", "scatter"));
}

static void
an_mtu_beyond_a_page(void **state)
{
	struct plx_pool *large = pool_make("large", 4096, 4096, 4096);
	const struct xdp_port_conf conf = {.devargs = "iface=vb", .pool = large};

	sh("ip link set va mtu 3700 && ip link set vb mtu 3700");
	port_refused(&conf, -ERANGE,
		     WORDS("too large for native XDP", "ip link set dev vb mtu 3498"));
	pool_unmake(large);
}

static void
zero_copy_where_there_is_none(void **state)
{
	refused("iface=vb,zero_copy=1", -EOPNOTSUPP, WORDS("vb has no zero-copy", "leave out"));
}

static void
pools_that_cannot_do(void **state)
{
	struct plx_pool *small = pool_make("small", 256, 0, 0);
	struct plx_pool *narrow = pool_make("narrow", 4096, 1024, 0);
	struct xdp_port_conf conf = {.devargs = "iface=vb", .pool = small};

	port_refused(&conf, -ENOBUFS, WORDS("small", "256", "2048"));
	conf.pool = narrow;
	port_refused(&conf, -EINVAL, WORDS("narrow", "1024 bytes", "2048"));
	pool_unmake(small);
	pool_unmake(narrow);
}

/* -- without rights --------------------------------------------------------------------------------------- */

static void
keep_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	data[0].permitted = data[0].effective = (uint32_t)keep;
	data[1].permitted = data[1].effective = (uint32_t)(keep >> 32);
	assert_int_equal(syscall(SYS_capset, &head, data), 0);
}

/* In a child with few rights and 64 KiB of locked memory: exits 0 when refused with all the words. */
static void
refused_to_a_child(uint64_t keep, int err, const char *const *words)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		const struct rlimit limit = {64 << 10, 64 << 10};
		struct xdp_port_conf conf = {.devargs = "iface=vb", .descs = 512};
		struct plx_why why = {""};
		uint16_t port;
		int got;

		conf.pool = pool_make("child", POOL_BUFFERS, 0, 0);
		setrlimit(RLIMIT_MEMLOCK, &limit);
		keep_capabilities(keep);
		got = port_try("net_af_xdp0", &conf, &port, &why);
		print_message("    %s\n", why.text);
		for (; got == err && *words != NULL; words++)
			got = strstr(why.text, *words) == NULL ? 1 : got;
		_exit(got == err ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void
no_rights_at_all(void **state)
{
	refused_to_a_child(0, -EPERM, WORDS("CAP_BPF", "CAP_NET_ADMIN", "setcap"));
}

static void
no_right_to_raw_sockets(void **state)
{
	refused_to_a_child(1ULL << CAP_NET_ADMIN | 1ULL << CAP_BPF, -EPERM,
			   WORDS("CAP_NET_RAW", "setcap"));
}

static void
too_little_locked_memory(void **state)
{
	refused_to_a_child(1ULL << CAP_NET_ADMIN | 1ULL << CAP_BPF | 1ULL << CAP_NET_RAW, -ENOBUFS,
			   WORDS("64 KiB", "ulimit -l", "CAP_IPC_LOCK"));
}

/* What the sentences above tell to give is enough, also with a filter. */
static void
the_named_capabilities_suffice(void **state)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct xdp_port_conf conf = {.devargs = "iface=vb,filter='udp and len > 60'",
					     .descs = 512};
		struct plx_why why = {""};
		struct plx_mbuf *pkts[10];
		int fd = raw_open("va"), got;
		uint16_t port;

		conf.pool = pool_make("child", POOL_BUFFERS, 0, 0);
		keep_capabilities(1ULL << CAP_NET_ADMIN | 1ULL << CAP_BPF | 1ULL << CAP_NET_RAW |
				  1ULL << CAP_IPC_LOCK);
		got = port_try("net_af_xdp0", &conf, &port, &why);
		if (got != 0)
			print_message("    %s\n", why.text);
		raw_send_n(fd, 10, 100, 1);
		_exit(got == 0 && port_receive(port, 0, pkts, 10, 20) > 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_all_down)
	const struct CMUnitTest tests[] = {
		CASE(devargs_are_checked),
		CASE(an_interface_that_does_not_exist),
		CASE(an_interface_that_is_down),
		CASE(an_interface_that_is_not_ethernet),
		CASE(queues_beyond_the_device),
		CASE(an_interface_with_another_program),
		CASE(a_queue_that_is_taken),
		CASE(two_filters_on_one_interface),
		CASE(an_mtu_beyond_the_buffers),
		CASE(an_mtu_beyond_a_page),
		CASE(zero_copy_where_there_is_none),
		CASE(pools_that_cannot_do),
		CASE(no_rights_at_all),
		CASE(no_right_to_raw_sockets),
		CASE(too_little_locked_memory),
		CASE(the_named_capabilities_suffice),
	};

	enter_namespace();
	if (eal_up() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
