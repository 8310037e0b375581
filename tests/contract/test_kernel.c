/* SPDX-License-Identifier: BSD-3-Clause */
/* What only ports on kernel interfaces have: offloads by the kernel, VLAN tags it takes out, bad names. */
#include "contract.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <pollux/plx_driver.h>

const struct contract_case kernel_cases[] = {
	{0},
};
