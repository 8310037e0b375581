#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What scripts/lanes.py makes of results: which failures have a second run, and what that changes."""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'scripts'))
sys.dont_write_bytecode = True

import lanes  # noqa: E402


def result(name, suite, verdict, code=1, stderr=''):
    """As meson 1.0 writes them."""
    return {'name': f'pollux:{suite} / {name}', 'stdout': 'how it went', 'stderr': stderr, 'result': verdict, 'starttime': 1.0,
            'duration': 1.0, 'returncode': code, 'env': {}, 'command': [name]}


class Count(unittest.TestCase):
    def count(self, *results):
        self.said = []
        with tempfile.NamedTemporaryFile('w', suffix='.json') as file:
            file.writelines(json.dumps(each) + '\n' for each in results)
            file.flush()
            return lanes.count_tests('gcc', file.name, [], self.said.append)

    def test_only_those_that_depend_on_time_run_again(self):
        counts = self.count(result('func_x', 'func', 'FAIL'), result('ring_ring', 'unit+ring', 'FAIL'), result('guest_y', 'guest', 'TIMEOUT', -15),
                            result('mbuf_mbuf', 'unit', 'OK'), result('func_z', 'func', 'SKIP'), result('style_c', 'style', 'FAIL'),
                            result('model_ring', 'model+ring', 'FAIL'))
        self.assertEqual((counts.passed, counts.failed, counts.skipped), (1, 6, 0))
        self.assertEqual(counts.again, ['func_x', 'ring_ring', 'guest_y'])
        self.assertIn('FAILED   func_z', '\n'.join(self.said))

    def test_a_crash_or_a_report_of_a_sanitizer_is_no_chance(self):
        counts = self.count(result('a', 'unit', 'FAIL', -11), result('b', 'contract', 'FAIL', 139),
                            result('c', 'unit', 'FAIL', 1, '==7==ERROR: AddressSanitizer: heap-use-after-free'),
                            result('d', 'unit', 'FAIL', 1, 'x.c:1:2: runtime error: applying zero offset to null pointer'),
                            result('e', 'stress', 'FAIL', 66, 'WARNING: ThreadSanitizer: data race'),
                            result('f', 'unit', 'FAIL', 1, 'Test failed with exception: Segmentation fault(11)'))
        self.assertEqual((counts.failed, counts.again), (6, []))

    def test_what_it_complained_of_comes_first(self):
        counts = self.count(result('func_x', 'func', 'FAIL', stderr='why\n'))
        self.assertLess(counts.details[0].index('why'), counts.details[0].index('how it went'))

    def test_a_line_tells_why_and_all_of_it_comes_later(self):
        said = '[ RUN      ] case\n[  ERROR   ] --- 1 != 2\n[   LINE   ] --- x.c:7: error: Failure!\n[  FAILED  ] case\n'
        counts = self.count(result('ring_ring', 'unit', 'FAIL', stderr=said))
        self.assertEqual(len(self.said), 1)
        self.assertIn('1 != 2 [   LINE   ] --- x.c:7', self.said[0])
        self.assertNotIn('\n', self.said[0])
        self.assertIn('[ RUN      ] case\n', counts.details[0])

    def test_a_failure_of_the_lane_is_a_line_too(self):
        turn = lanes.Turn('gcc', 0)
        turn.runner.tidy()
        turn.fail('the build failed\n[1/2] cc x.c\nx.c:1: error: no such thing')
        turn.fail('left behind: a file')
        self.assertEqual(turn.lines, ['   FAILED   the build failed: x.c:1: error: no such thing', '   FAILED   left behind: a file'])
        self.assertEqual((turn.counts.failed, len(turn.counts.details)), (2, 1))


class Again(unittest.TestCase):
    def setUp(self):
        self.runs = []
        self.broken = set()
        passes = lanes.passes
        self.addCleanup(setattr, lanes, 'passes', passes)
        lanes.passes = self.passes

    def passes(self, runner, name, test):
        self.runs.append((name, test))
        return test not in self.broken

    def run_again(self, **tests):
        turns = []
        for name, again in tests.items():
            turn = lanes.Turn(name, 0)
            turn.runner.tidy()
            turn.counts.passed, turn.counts.failed, turn.counts.again = 5, len(again) + 1, again
            turns.append(turn)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            unsteady = lanes.run_again(turns, 0)
        return [(turn.counts.passed, turn.counts.failed) for turn in turns], unsteady, said.getvalue()

    def test_one_that_passes_alone_has_passed_and_is_told(self):
        counts, unsteady, said = self.run_again(gcc=['func_x'], guest=['guest_y'])
        self.assertEqual(counts, [(6, 1), (6, 1)])
        self.assertEqual(unsteady, ['func_x', 'guest_y'])
        self.assertEqual(self.runs, [('gcc', 'func_x'), ('guest', 'guest_y')])
        self.assertIn('func_x passed', said)

    def test_one_that_fails_again_has_failed(self):
        self.broken = {'func_x'}
        counts, unsteady, said = self.run_again(gcc=['func_x', 'func_y'])
        self.assertEqual(counts, [(6, 2)])
        self.assertEqual(unsteady, ['func_y'])
        self.assertIn('func_x failed', said)

    def test_many_failures_are_no_chance(self):
        counts, unsteady, _ = self.run_again(gcc=['a', 'b', 'c'], guest=['d', 'e', 'f'])
        self.assertEqual((counts, unsteady, self.runs), ([(5, 4), (5, 4)], [], []))


class Build(unittest.TestCase):
    def needs(self, *suites):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(os.path.join(folder, 'meson-info'))
            targets = [{'id': f'{name}@exe', 'name': name, 'filename': [os.path.join(folder, 'somewhere', name)]}
                       for name in ('alone', 'test_ring', 'contract', 'bounce', 'fuzz_ring')]
            tests = [{'suite': ['pollux:unit', 'pollux:ring'], 'depends': ['alone@exe', 'test_ring@exe']},
                     {'suite': ['pollux:contract'], 'depends': ['alone@exe', 'contract@exe']}]
            for name, content in (('targets', targets), ('tests', tests)):
                with open(os.path.join(folder, 'meson-info', f'intro-{name}.json'), 'w', encoding='utf-8') as file:
                    json.dump(content, file)
            return lanes.run_by_suites(folder, suites)

    def test_what_suites_run_is_built_and_the_fuzzers(self):
        self.assertEqual(self.needs('unit'), ['somewhere/alone', 'somewhere/fuzz_ring', 'somewhere/test_ring'])
        self.assertEqual(self.needs('unit', 'contract'), ['somewhere/alone', 'somewhere/contract', 'somewhere/fuzz_ring', 'somewhere/test_ring'])

    def test_both_compilers_see_all_of_the_tree(self):
        self.assertEqual({lane.compiler for lane in lanes.LANES.values() if lane.build_of == 'all'}, {'gcc', 'clang'})


if __name__ == '__main__':
    unittest.main()
