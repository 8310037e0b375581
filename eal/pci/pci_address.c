/* SPDX-License-Identifier: BSD-3-Clause */
/* Telling PCI addresses from names of virtual devices, and the one spelling that each has. */
#include "pci/pci_address_priv.h"

#include <ctype.h>
#include <stdio.h>

/* Skips 1 to `most` hexadecimal digits; false if there are none or more. */
static bool
skip_hex(const char **text, unsigned most)
{
	unsigned n = 0;

	while (isxdigit((unsigned char)(*text)[n]))
		n++;
	*text += n;
	return n >= 1 && n <= most;
}

static bool
skip_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

/* bus:device.function and the end. */
static bool
is_slot(const char *text)
{
	if (!skip_hex(&text, 2) || !skip_char(&text, ':') || !skip_hex(&text, 2) ||
	    !skip_char(&text, '.'))
		return false;
	if (*text < '0' || *text > '7')
		return false;
	text++;
	return *text == '\0' || *text == ',';
}

bool
plx_pci_address_is(const char *text)
{
	const char *rest = text;

	if (skip_hex(&rest, 8) && skip_char(&rest, ':') && is_slot(rest))
		return true;
	return is_slot(text);
}

bool
plx_pci_address_canonical(const char *text, char ret_address[PLX_PCI_ADDRESS_MAX])
{
	unsigned domain = 0, bus, device, function;

	if (!plx_pci_address_is(text))
		return false;
	if (sscanf(text, "%8x:%2x:%2x.%1x", &domain, &bus, &device, &function) != 4) {
		domain = 0;
		if (sscanf(text, "%2x:%2x.%1x", &bus, &device, &function) != 3)
			return false;
	}
	snprintf(ret_address, PLX_PCI_ADDRESS_MAX, "%04x:%02x:%02x.%x", domain, bus, device,
		 function);
	return true;
}
