/* SPDX-License-Identifier: BSD-3-Clause */
/* A shared object that is no plugin. */
int filter_none(void);

int
filter_none(void)
{
	return 0;
}
