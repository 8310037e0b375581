# SPDX-License-Identifier: BSD-3-Clause
"""How the host says no to a job in the guest."""


class No(Exception):
    """An answer that ends the job."""
