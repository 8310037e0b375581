#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""test_lab.py BUILD: the lab fails when it should: each way in which a job can go wrong, and a kernel that cannot be had."""

import os
import subprocess
import sys
import tempfile
import time
import unittest

import report

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = sys.argv.pop()


def children(pid, name):
    """Those of a process whose command has that word."""
    with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as file:
        return [child for child in file.read().split() if name in report.read(f'/proc/{child}/cmdline')]


class Lab(unittest.TestCase):
    @staticmethod
    def command(name, way, limit):
        return [sys.executable, '-B', os.path.join(HERE, 'run.py'), '--build', BUILD, '--name', 'lab_' + name,
                '--machine', 'plain', '--args', way, '--limit', str(limit), 'lab_fails']

    def expect(self, way, words, limit=200):
        done = subprocess.run(self.command(way, way, limit), capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertRegex(done.stdout, words)

    def test_question_that_the_host_denies(self):
        self.expect('host', r"guest: FAIL: the host says no to 'nothing'.*\nguest: FAIL: job.sh ended with status 1 at line 8\n"
                            r'guest: FAILED: the job ended with status 1;.*\n$')

    def test_command_without_words_that_fails(self):
        self.expect('silent', r'guest: FAIL: job.sh ended with status 3 at line 9\nguest: FAILED: the job ended with status 3;.*\n$')

    def test_access_that_the_iommu_caught(self):
        self.expect('fault', 'complaints: .*DMAR')

    def test_power_off(self):
        self.expect('poweroff', r'guest: the host was last asked nothing\nguest: the guest last said .*Power down\n'
                                r'guest: FAILED: QEMU ended with status 0, which is a panic or a power-off, in the middle of the job;')

    def test_machine_that_died(self):
        self.assertEqual(report.ending(-11, False), 'QEMU died of SIGSEGV, in the middle of the job')
        self.assertEqual(report.ending(-11, True), 'QEMU died of SIGSEGV')

    def test_job_that_never_ends(self):
        self.expect('sleep', 'the time was over', 8)

    def test_run_that_is_ended_leaves_no_machine(self):
        with subprocess.Popen(self.command('leave', 'sleep', 60), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
            log = os.path.join(BUILD, 'tests/guest/logs/lab_leave/qemu.log')
            end = time.monotonic() + 60
            while not (found := children(run.pid, 'qemu')) and time.monotonic() < end:
                time.sleep(0.05)
            self.assertTrue(found, report.read(log))
            run.terminate()
            self.assertIn('ended from outside', run.communicate(timeout=60)[0])
        self.assertEqual([pid for pid in found if os.path.exists(f'/proc/{pid}')], [])


class Downloads(unittest.TestCase):
    def without_mirror(self, script, *args, kernel=None):
        """With an apt-get that finds nothing, an apt-cache that knows that package or none, in front of the others, and no cache."""
        with tempfile.TemporaryDirectory() as folder:
            for name in ('apt-get', 'apt-cache'):
                path = os.path.join(folder, name)
                known = name == 'apt-cache' and kernel
                with open(path, 'w', encoding='utf-8') as file:
                    file.write(f'#!/bin/sh\necho " Depends: {kernel}"\n' if known else
                               '#!/bin/sh\necho "no way to the mirror" >&2\nexit 100\n')
                os.chmod(path, 0o755)
            return subprocess.run([os.path.join(HERE, script), os.path.join(folder, 'cache'), *args], capture_output=True, text=True,
                                  check=False, env={**os.environ, 'PATH': folder + ':' + os.environ['PATH']})

    def test_no_kernel_is_a_failure_with_a_name(self):
        done = self.without_mirror('lab')
        self.assertEqual(done.returncode, 1)
        self.assertIn('linux-image-cloud-amd64, could not be downloaded', done.stderr)
        self.assertIn('no way to the mirror', done.stderr)

    def test_kernel_of_another_debian_is_named(self):
        for kind in ([], ['full'], ['noiommu']):
            done = self.without_mirror('lab', *kind, kernel='linux-image-6.12.48+deb13-cloud-amd64')
            self.assertEqual(done.returncode, 1)
            self.assertIn("the mirror's kernel is linux-image-6.12.48+deb13-cloud-amd64, and the lab knows Linux 6.1's modules", done.stderr)
            self.assertNotIn('no way to the mirror', done.stderr)

    def test_no_newer_qemu_is_a_skip_with_a_name(self):
        done = self.without_mirror('newer')
        self.assertEqual(done.returncode, 77)
        self.assertRegex(done.stdout, r'no way to the mirror\nSKIP: QEMU with vfio-user-pci could not be downloaded from \S+-backports')


if __name__ == '__main__':
    unittest.main()
