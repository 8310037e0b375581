/* SPDX-License-Identifier: BSD-3-Clause */
#include "bytes.h"

#include "pcapfile_spec.h"
#include "plx_bits.h"
#include "plx_pcapfile.h"

#include <stdlib.h>
#include <string.h>

void
bytes_fini(struct bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct bytes){0};
}

void
bytes_add(struct bytes *bytes, const void *data, size_t len)
{
	if (bytes->len + len > bytes->size && !bytes->failed) {
		size_t size = plx_pow2_ceil(bytes->len + len + 256);
		uint8_t *grown = realloc(bytes->data, size);

		bytes->failed = grown == NULL;
		if (grown != NULL) {
			bytes->data = grown;
			bytes->size = size;
		}
	}
	if (bytes->failed || len == 0)
		return;
	memcpy(bytes->data + bytes->len, data, len);
	bytes->len += len;
}

void
bytes_add_option(struct bytes *bytes, uint16_t code, const void *value, size_t len)
{
	static const uint8_t zeroes[4];
	uint16_t head[2] = {code, (uint16_t)len};

	bytes_add(bytes, head, sizeof(head));
	bytes_add(bytes, value, len);
	bytes_add(bytes, zeroes, plx_align_up(len, 4) - len);
}

void
bytes_add_text(struct bytes *bytes, uint16_t code, const char *text)
{
	if (text != NULL && text[0] != '\0')
		bytes_add_option(bytes, code, text, strnlen(text, PLX_PCAPFILE_TEXT_MAX));
}

void
bytes_add_u64(struct bytes *bytes, uint16_t code, uint64_t value)
{
	bytes_add_option(bytes, code, &value, sizeof(value));
}

void
bytes_end_block(struct bytes *bytes, size_t start, size_t body_len)
{
	uint32_t total;

	if (bytes->len > start + body_len)
		bytes_add_option(bytes, NG_OPT_END, NULL, 0);
	total = (uint32_t)(bytes->len - start + sizeof(total));
	bytes_add(bytes, &total, sizeof(total));
	if (!bytes->failed)
		memcpy(bytes->data + start + 4, &total, sizeof(total));
}
