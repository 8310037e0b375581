#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""test_lab.py BUILD: the lab fails when it should: each way in which a job can go wrong, and a kernel that cannot be had."""

import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = sys.argv.pop()


class Lab(unittest.TestCase):
    def expect(self, way, words, limit=60):
        done = subprocess.run([sys.executable, '-B', os.path.join(HERE, 'run.py'), '--build', BUILD, '--name', 'lab_' + way,
                               '--machine', 'plain', '--args', way, '--limit', str(limit), 'lab_fails'],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertRegex(done.stdout, words)

    def test_question_that_the_host_denies(self):
        self.expect('host', "the host says no to 'nothing'[^$]*QEMU ended with status 67")

    def test_access_that_the_iommu_caught(self):
        self.expect('fault', 'complaints: .*DMAR')

    def test_power_off(self):
        self.expect('poweroff', 'QEMU ended with status 0')

    def test_job_that_never_ends(self):
        self.expect('sleep', 'the time was over', 8)


class Downloads(unittest.TestCase):
    def without_mirror(self, script):
        """With apt-get and apt-cache that find nothing, in front of the others, and no cache."""
        with tempfile.TemporaryDirectory() as folder:
            for name in ('apt-get', 'apt-cache'):
                path = os.path.join(folder, name)
                with open(path, 'w', encoding='utf-8') as file:
                    file.write('#!/bin/sh\necho "no way to the mirror" >&2\nexit 100\n')
                os.chmod(path, 0o755)
            return subprocess.run([os.path.join(HERE, script), os.path.join(folder, 'cache')], capture_output=True, text=True,
                                  check=False, env={**os.environ, 'PATH': folder + ':' + os.environ['PATH']})

    def test_no_kernel_is_a_failure_with_a_name(self):
        done = self.without_mirror('lab')
        self.assertEqual(done.returncode, 1)
        self.assertIn('linux-image-cloud-amd64, could not be downloaded', done.stderr)
        self.assertIn('no way to the mirror', done.stderr)

    def test_no_newer_qemu_is_a_skip_with_a_name(self):
        done = self.without_mirror('newer')
        self.assertEqual(done.returncode, 77)
        self.assertRegex(done.stdout, r'no way to the mirror\nSKIP: QEMU with vfio-user-pci could not be downloaded from \S+-backports')


if __name__ == '__main__':
    unittest.main()
