/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands to a device, over a queue that the test answers for. */
#include "stand_in.h"

static struct virtio_queue ctrl_queue;
static struct {
	uint8_t request[VIRTIO_CALL_MAX];
	unsigned len, calls;
	uint8_t preset;
	int answer; /* below 0: none */
	int ret;
} call;

int
virtio_queue_call(struct virtio_queue *q, const void *out, unsigned out_len, void *in,
		  unsigned in_len, int timeout_ms)
{
	assert_ptr_equal(q, &ctrl_queue);
	assert_int_equal(in_len, 1);
	assert_true(timeout_ms > 0);
	memcpy(call.request, out, out_len);
	call.len = out_len;
	call.calls++;
	call.preset = *(uint8_t *)in;
	if (call.answer >= 0)
		*(uint8_t *)in = (uint8_t)call.answer;
	q->broken = call.ret != 0;
	return call.ret;
}

static struct virtio_dev *
device_that_answers(int answer)
{
	struct virtio_dev *dev = stand_in(0);

	memset(&ctrl_queue, 0, sizeof(ctrl_queue));
	memset(&call, 0, sizeof(call));
	call.answer = answer;
	dev->ctrl = &ctrl_queue;
	return dev;
}

static void
a_command_is_class_command_and_data(void **state)
{
	static const uint8_t request[] = {4, 0, 2, 0};
	struct virtio_dev *dev = device_that_answers(VIRTIO_NET_OK);

	assert_int_equal(virtio_ctrl(dev, 4, 0, request + 2, 2), 0);
	assert_int_equal(call.len, sizeof(request));
	assert_memory_equal(call.request, request, sizeof(request));
	assert_int_equal(virtio_ctrl(dev, 3, 0, NULL, 0), 0);
	assert_int_equal(call.len, 2);
	assert_int_equal(dev->ctrl_commands, 2);
	assert_int_equal(dev->ctrl_failures, 0);
}

static void
no_is_not_the_same_as_no_answer_and_nonsense(void **state)
{
	static const struct {
		int answer, ret;
	} rows[] = {{VIRTIO_NET_ERR, -EPERM}, {2, -EIO}, {0x80, -EIO}, {-1, -EIO}};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		struct virtio_dev *dev = device_that_answers(rows[i].answer);

		assert_int_equal(virtio_ctrl(dev, 0, 0, "", 1), rows[i].ret);
		assert_int_equal(call.preset, 0xff);
		assert_int_equal(dev->ctrl_failures, 1);
	}
}

static void
a_device_that_does_not_answer_is_not_asked_again(void **state)
{
	struct virtio_dev *dev = device_that_answers(VIRTIO_NET_OK);

	call.ret = -ETIMEDOUT;
	assert_int_equal(virtio_ctrl(dev, 0, 0, "", 1), -EIO);
	assert_int_equal(virtio_ctrl(dev, 0, 1, "", 1), -EIO);
	assert_int_equal(call.calls, 1);
	assert_int_equal(dev->ctrl_failures, 2);
}

static void
a_device_without_a_control_queue_cannot(void **state)
{
	struct virtio_dev *dev = device_that_answers(VIRTIO_NET_OK);

	dev->ctrl = NULL;
	assert_int_equal(virtio_ctrl(dev, 0, 0, "", 1), -ENOTSUP);
	assert_int_equal(dev->ctrl_commands, 0);
}

static void
what_does_not_fit_a_request_is_refused(void **state)
{
	static const uint8_t data[VIRTIO_CALL_MAX];
	struct virtio_dev *dev = device_that_answers(VIRTIO_NET_OK);

	assert_int_equal(virtio_ctrl(dev, 0, 0, data, sizeof(data) - 1), -EINVAL);
	assert_int_equal(virtio_ctrl(dev, 0, 0, data, sizeof(data) - 2), 0);
}

static int
answer_in_place(struct virtio_dev *dev, uint8_t class, uint8_t command, const void *data,
		unsigned len)
{
	return class == 1 && command == 2 && len == 3 && memcmp(data, "abc", 3) == 0 ? 0 : -EINVAL;
}

static void
a_transport_that_answers_is_asked_in_its_place(void **state)
{
	struct virtio_dev *dev = device_that_answers(VIRTIO_NET_ERR);

	dev->ctrl = NULL;
	stand_in_transport.ctrl = answer_in_place;
	assert_int_equal(virtio_ctrl(dev, 1, 2, "abc", 3), 0);
	assert_int_equal(call.calls, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_is_class_command_and_data),
		cmocka_unit_test(no_is_not_the_same_as_no_answer_and_nonsense),
		cmocka_unit_test(a_device_that_does_not_answer_is_not_asked_again),
		cmocka_unit_test(a_device_without_a_control_queue_cannot),
		cmocka_unit_test(what_does_not_fit_a_request_is_refused),
		cmocka_unit_test(a_transport_that_answers_is_asked_in_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
