/* SPDX-License-Identifier: BSD-3-Clause */
/* The text of a negotiation: what is agreed on, skipped, refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plx_vfio_user.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct vfio_user_caps caps;
static struct plx_why why;

static int
parse(const char *text)
{
	memset(&caps, 0xff, sizeof(caps));
	why.text[0] = '\0';
	return vfio_user_caps_read(text, strlen(text) + 1, &caps, &why);
}

static void
good(const char *text)
{
	if (parse(text) != 0)
		fail_msg("%s: %s", text, why.text);
}

static void
bad(const char *text, const char *says)
{
	if (parse(text) != -EINVAL)
		fail_msg("'%s' is taken", text);
	if (strstr(why.text, says) == NULL)
		fail_msg("'%s' lacks '%s'", why.text, says);
}

static void
what_is_written_is_read(void **state)
{
	const struct vfio_user_caps written = {.max_msg_fds = 16,
					       .max_data_xfer_size = 1 << 20,
					       .max_dma_maps = 512,
					       .pgsizes = 4096,
					       .write_multiple = true,
					       .twin_socket = true,
					       .has_fd_index = true,
					       .fd_index = 3};
	char text[VFIO_USER_VERSION_ROOM];
	size_t len = vfio_user_caps_write(&written, text, sizeof(text));

	assert_int_equal(len, strlen(text) + 1);
	good(text);
	assert_int_equal(caps.max_msg_fds, 16);
	assert_int_equal(caps.max_data_xfer_size, 1 << 20);
	assert_int_equal(caps.max_dma_maps, 512);
	assert_int_equal(caps.pgsizes, 4096);
	assert_true(caps.write_multiple && caps.twin_socket && caps.has_fd_index);
	assert_int_equal(caps.fd_index, 3);
}

static void
what_is_not_said_has_defaults(void **state)
{
	const char *const silent[] = {"", "{}", "{\"capabilities\":{}}", " { } \n"};

	for (size_t i = 0; i < PLX_ARRAY_LEN(silent); i++) {
		good(silent[i]);
		assert_int_equal(caps.max_msg_fds, 1);
		assert_int_equal(caps.max_data_xfer_size, 1 << 20);
		assert_int_equal(caps.max_dma_maps, 65535);
		assert_false(caps.write_multiple || caps.twin_socket || caps.has_fd_index);
	}
	assert_int_equal(vfio_user_caps_read("", 0, &caps, &why), 0);
}

/* As QEMU 11 and libvfio-user send them. */
static void
what_others_send_is_read(void **state)
{
	good("{\"capabilities\": {\"max_msg_fds\": 16, \"max_data_xfer_size\": 1048576, "
	     "\"max_dma_maps\": 65535, \"pgsizes\": 4096, \"migration\": {\"pgsize\": 4096, "
	     "\"max_bitmap_size\": 268435456}, \"write_multiple\": true}}");
	assert_int_equal(caps.max_msg_fds, 16);
	assert_true(caps.write_multiple);
	good("{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576,"
	     "\"twin_socket\":{\"supported\":true,\"fd_index\":0}}}");
	assert_true(caps.twin_socket && caps.has_fd_index);
	assert_int_equal(caps.fd_index, 0);
}

static void
what_is_unknown_is_skipped(void **state)
{
	good("{\"x\":[1,-2.5e+3,{\"y\":null}],\"max_msg_fds\":\"none\",\"capabilities\":{"
	     "\"a \\\"quoted\\\" key that is longer than any of ours could be\":\"}\",\"z\":[[]],"
	     "\"max_dma_maps\":7}}");
	assert_int_equal(caps.max_dma_maps, 7);
	assert_int_equal(caps.max_msg_fds, 1);
}

static void
numbers_are_held_to_their_range(void **state)
{
	bad("{\"capabilities\":{\"max_msg_fds\":1025}}", "max_msg_fds is 1025");
	bad("{\"capabilities\":{\"max_msg_fds\":-1}}", "max_msg_fds is -1");
	bad("{\"capabilities\":{\"max_msg_fds\":1.5}}", "max_msg_fds is 1.5");
	bad("{\"capabilities\":{\"max_msg_fds\":\"8\"}}", "max_msg_fds is \"8\"");
	bad("{\"capabilities\":{\"max_msg_fds\":true}}", "max_msg_fds is true");
	bad("{\"capabilities\":{\"max_data_xfer_size\":4095}}", "from 4096");
	bad("{\"capabilities\":{\"max_data_xfer_size\":67108865}}", "to 67108864");
	bad("{\"capabilities\":{\"max_dma_maps\":0}}", "max_dma_maps is 0");
	bad("{\"capabilities\":{\"max_dma_maps\":18446744073709551617}}", "max_dma_maps");
	bad("{\"capabilities\":{\"pgsizes\":4097}}", "a multiple of 4096");
	bad("{\"capabilities\":{\"pgsizes\":0}}", "pgsizes is 0");
	bad("{\"capabilities\":{\"write_multiple\":1}}", "neither true nor false");
	bad("{\"capabilities\":{\"twin_socket\":{\"supported\":\"true\"}}}", "neither");
	bad("{\"capabilities\":{\"twin_socket\":{\"fd_index\":16}}}", "fd_index is 16");
}

static void
what_is_no_json_is_refused(void **state)
{
	char deep[64];

	bad("x", "no object");
	bad("[]", "no object");
	bad("{", "without");
	bad("{\"a\"}", "without a value");
	bad("{\"a\":}", "missing");
	bad("{\"a\":1", "without end");
	bad("{\"a", "without end");
	bad("{\"a\\", "without end");
	bad("{\"a\":\"", "without end");
	bad("{a:1}", "without a key");
	bad("{\"a\":1,}", "without a key");
	bad("{} {}", "more follows");
	snprintf(deep, sizeof(deep), "{\"a\":%s", "[[[[[[[[[[[[[[[[[[[[[[[[[[");
	bad(deep, "too deeply");
	assert_int_equal(vfio_user_caps_read("{}", 2, &caps, &why), -EINVAL); /* no NUL */
	/* Read no further than the first NUL, whatever follows. */
	assert_int_equal(vfio_user_caps_read("{\0}", 4, &caps, &why), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_not_said_has_defaults),
		cmocka_unit_test(what_others_send_is_read),
		cmocka_unit_test(what_is_unknown_is_skipped),
		cmocka_unit_test(numbers_are_held_to_their_range),
		cmocka_unit_test(what_is_no_json_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
