# SPDX-License-Identifier: BSD-3-Clause
"""Runs the lanes of scripts/test: each configures, builds and tests in build-<name> and reports what it counted.

A skipped test is allowed only if tests/allowed_skips.txt says so for the lane; any other counts as failed.
"""

import argparse
import fnmatch
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
FUZZ_SECONDS = 5
UBSAN_FATAL = '-Dc_args=-fno-sanitize-recover=undefined'
NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all', '--bounding-set=-all']


class Lane:
    def __init__(self, about, compiler='gcc', options=(), suites=(), build=None, wrapper=(), slow=1, special=None):
        self.about = about
        self.compiler = compiler
        self.options = list(options)
        self.suites = suites
        self.build = build
        self.wrapper = list(wrapper)
        self.slow = slow  # how much longer than usual a test may take
        self.special = special


class Failure(Exception):
    pass


class Counts:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self):
        return f'{self.passed} passed, {self.failed} failed, {self.skipped} skipped'


class Runner:
    """Runs one command at a time in a session of its own, so that ending it ends all it started."""

    def __init__(self):
        self.child = None

    def run(self, command, log, env=None, limit=900):
        with open(log, 'ab') as out:
            out.write(f'$ {" ".join(command)}\n'.encode())
            out.flush()
            self.child = subprocess.Popen(command, cwd=TOP, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
                                          stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
            try:
                return self.child.wait(limit)
            except subprocess.TimeoutExpired:
                self.end()
                return 124
            finally:
                if self.child.poll() is not None:
                    self.child = None

    def end(self):
        """meson ends its tests when it is ended; they remove what they made."""
        if self.child is None:
            return
        for sign, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
            try:
                os.killpg(self.child.pid, sign)
                self.child.wait(patience)
                break
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass
        self.child = None


def tail(path, lines=40):
    with open(path, encoding='utf-8', errors='replace') as file:
        return ''.join(file.readlines()[-lines:])


def build_errors(log):
    """The steps of a build that failed, without those that did not."""
    with open(log, encoding='utf-8', errors='replace') as file:
        steps = re.split(r'^(?=\[\d+/\d+\])', file.read(), flags=re.M)
    failed = [step for step in steps if '\nFAILED: ' in step]
    return '\n'.join(step[:3000] for step in failed[:5]) or tail(log)


def allowed_skips():
    """[(lane pattern, test pattern)]"""
    rules = []
    with open(os.path.join(TOP, 'tests', 'allowed_skips.txt'), encoding='utf-8') as file:
        for line in file:
            words = line.split(':', 1)[0].split()
            if words and not words[0].startswith('#'):
                rules.append((words[0], words[1]))
    return rules


def skipped_cases(test):
    """The cases a cmocka program skipped, though the program as a whole passed."""
    text = (test.get('stdout') or '') + (test.get('stderr') or '')
    return sorted(set(re.findall(r'^\[  SKIPPED \] ([a-z]\w+)', text, re.M)))


def last_line(test):
    text = (test.get('stdout') or '') + '\n' + (test.get('stderr') or '')
    lines = [line for line in text.split('\n') if line.strip()]
    said = [line for line in lines if line.startswith('SKIP')]
    return (said or lines or ['no reason given'])[-1].strip()


def count_tests(lane, log, rules):
    """Counts the results in meson's log and prints whatever is not plainly passed."""
    counts = Counts()
    with open(log, encoding='utf-8') as file:
        tests = [json.loads(line) for line in file if line.strip()]

    def skip(name, reason):
        if any(fnmatch.fnmatchcase(lane, l) and fnmatch.fnmatchcase(name, t) for l, t in rules):
            counts.skipped += 1
            print(f'   skipped  {name}: {reason}')
        else:
            counts.failed += 1
            print(f'   FAILED   {name}: skipped, which tests/allowed_skips.txt does not allow here: {reason}')

    for test in tests:
        name = test['name'].split(' / ')[-1].split(':')[-1]
        if test['result'] in ('OK', 'EXPECTEDFAIL'):
            counts.passed += 1
            for case in skipped_cases(test):
                skip(f'{name}/{case}', 'skipped by the case itself')
        elif test['result'] == 'SKIP':
            skip(name, last_line(test))
        else:
            counts.failed += 1
            print(f'   FAILED   {name}: {test["result"].lower()}, status {test["returncode"]}, {test["duration"]:.1f} s')
            text = (test.get('stdout') or '') + (test.get('stderr') or '')
            print(''.join(f'     | {line}\n' for line in text.rstrip().split('\n')[-40:]), end='')
    return counts


def prepare(runner, name, lane, folder):
    """Configures where needed, and builds."""
    log = os.path.join(folder, 'lane.log')
    os.makedirs(folder, exist_ok=True)
    with open(log, 'wb'):
        pass
    options = ['--buildtype=release', '-Dwerror=true', *lane.options]
    known = os.path.exists(os.path.join(folder, 'build.ninja'))
    env = {'CC': lane.compiler}
    if runner.run(['meson', 'setup', *(['--reconfigure'] if known else []), *options, folder], log, env):
        raise Failure(f'meson setup failed\n{tail(log)}')
    if runner.run(['ninja', '-C', folder], log):
        raise Failure(f'the build failed\n{build_errors(log)}')


def test_suites(runner, name, lane, folder, rules):
    log = os.path.join(folder, 'lane.log')
    wrapper = fixed_addresses() if 'thread' in ' '.join(lane.options) else lane.wrapper
    logbase = f'lane-{name}'
    # meson adds the wrapper's name by itself.
    wrapped = f'-{wrapper[0]}' if wrapper else ''
    result = os.path.join(folder, 'meson-logs', f'{logbase}{wrapped}.json')
    if os.path.exists(result):
        os.unlink(result)
    command = ['meson', 'test', '-C', folder, '--no-rebuild', '--logbase', logbase, '-t', str(lane.slow)]
    for suite in lane.suites:
        command += ['--suite', suite]
    if wrapper:
        command += ['--wrapper', ' '.join(wrapper)]
    env = {'ASAN_OPTIONS': 'detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1',
           'UBSAN_OPTIONS': 'print_stacktrace=1', 'TSAN_OPTIONS': 'halt_on_error=1', 'PYTHONDONTWRITEBYTECODE': '1'}
    status = runner.run(command, log, env, limit=2400)
    if not os.path.exists(result):
        raise Failure(f'meson test ended with status {status}\n{tail(log)}')
    counts = count_tests(name, result, rules)
    if status and counts.failed == 0:
        raise Failure(f'meson test ended with status {status}\n{tail(log)}')
    return counts


def fixed_addresses():
    """The thread sanitizer needs a memory layout that full address randomisation may refuse it."""
    command = ['setarch', platform.machine(), '-R']
    return command if subprocess.run(command + ['true'], capture_output=True, check=False).returncode == 0 else []


def fuzz(runner, name, lane, folder, rules):
    """Each fuzz target for some seconds; new inputs stay in the build folder."""
    counts = Counts()
    programs = os.path.join(folder, 'fuzz')
    for target in sorted(f for f in os.listdir(programs) if re.fullmatch(r'fuzz_\w+', f)):
        found = os.path.join(folder, 'found', target)
        os.makedirs(found, exist_ok=True)
        log = os.path.join(folder, target + '.log')
        if os.path.exists(log):
            os.unlink(log)
        command = [os.path.join(programs, target), f'-max_total_time={FUZZ_SECONDS}', '-timeout=10', '-rss_limit_mb=2048',
                   f'-artifact_prefix={found}/', found, os.path.join(TOP, 'fuzz', 'corpus', target[len('fuzz_'):])]
        if runner.run(command, log, limit=FUZZ_SECONDS + 120):
            counts.failed += 1
            print(f'   FAILED   {target}; the input is in {os.path.relpath(found, TOP)}\n{tail(log)}')
        else:
            counts.passed += 1
    return counts


def docs(runner, name, lane, folder, rules):
    counts = Counts()
    log = os.path.join(folder, 'docs.log')
    if os.path.exists(log):
        os.unlink(log)
    if runner.run(['ninja', '-C', folder, 'docs/api'], log):
        counts.failed += 1
        print(f'   FAILED   API reference\n{tail(log)}')
    else:
        counts.passed += 1
    return counts


LANES = {
    'gcc': Lane('gcc, all suites but guest', suites=('unit', 'contract', 'stress', 'model', 'fuzz', 'style', 'func')),
    'user': Lane('the same build without root or any capability', build='gcc', suites=('unit', 'contract', 'fuzz'),
                 wrapper=NOBODY),
    'guest': Lane('the same build in virtual machines with network cards of their own', build='gcc', suites=('guest',)),
    'clang': Lane('clang', compiler='clang', suites=('unit', 'contract')),
    'debug': Lane('buffers remember who holds them', options=['-Dmbuf_debug=true', '--buildtype=debug'],
                  suites=('unit', 'contract')),
    'asan': Lane('address and undefined-behaviour sanitizers', compiler='clang', slow=5,
                 options=['-Db_sanitize=address,undefined', '-Db_lundef=false', '-Dfuzz=true', UBSAN_FATAL, '--optimization=1',
                          '-Ddebug=true'],
                 suites=('unit', 'contract', 'fuzz')),
    'fuzz': Lane('libFuzzer, some seconds a target', build='asan', special=fuzz),
    'tsan': Lane('thread sanitizer', compiler='clang', slow=10,
                 options=['-Db_sanitize=thread', '-Db_lundef=false', '--optimization=1', '-Ddebug=true'],
                 suites=('unit', 'stress')),
    'docs': Lane('API reference, warnings are errors', options=['-Ddocs=true', '-Dtests=false'], special=docs),
}


def readable_by_nobody(folder):
    return subprocess.run(NOBODY + ['test', '-r', os.path.join(folder, 'build.ninja')], capture_output=True,
                          check=False).returncode == 0


def run_lane(runner, name, built, rules):
    lane = LANES[name]
    build = lane.build or name
    folder = os.path.join(TOP, 'build-' + build)
    if build not in built:
        prepare(runner, build, LANES[build], folder)
        built.add(build)
    if lane.special:
        return lane.special(runner, name, lane, folder, rules)
    if lane.wrapper == NOBODY and (os.geteuid() != 0 or not readable_by_nobody(folder)):
        print('   left out: ' + ('this is not root, so the other lanes have no rights either' if os.geteuid() != 0 else
                                 'others may not read this folder'))
        return Counts()
    return test_suites(runner, name, lane, folder, rules)


def hand_back(folders):
    """What root built in a user's tree belongs to the user again."""
    owner = os.stat(TOP)
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    for folder in folders:
        for where, names, files in os.walk(folder):
            for path in [where] + [os.path.join(where, f) for f in files]:
                os.lchown(path, owner.st_uid, owner.st_gid)


def leave_place():
    """Ends the view of the tree that scripts/test has made for us."""
    place = os.environ.get('PLX_TREE_PLACE')
    if place:
        os.chdir('/')
        subprocess.run(['umount', '-l', place], check=False)
        os.rmdir(place)


def run_lanes(names):
    runner = Runner()
    total = Counts()
    built = set()
    rules = allowed_skips()
    summary = []
    interrupted = False

    def stop(number, frame):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
    try:
        for name in names:
            print(f'== {name}: {LANES[name].about}', flush=True)
            begin = time.monotonic()
            try:
                counts = run_lane(runner, name, built, rules)
            except Failure as failure:
                counts = Counts()
                counts.failed = 1
                print(f'   FAILED   {failure}')
            summary.append(f'{name:8} {counts}, {time.monotonic() - begin:.0f} s')
            print(f'   {counts}', flush=True)
            total.add(counts)
    except KeyboardInterrupt:
        interrupted = True
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        print('\ninterrupted; ending what runs')
        runner.end()
    finally:
        hand_back([os.path.join(TOP, 'build-' + (LANES[n].build or n)) for n in names])
        leave_place()
    print('\n' + '\n'.join(summary) + '\n')
    print(total, flush=True)
    return 130 if interrupted else 1 if total.failed or not total.passed else 0


def main():
    listing = '\n'.join(f'  {name:6} {lane.about}' for name, lane in LANES.items())
    parser = argparse.ArgumentParser(prog='scripts/test', formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description='Builds and tests; without arguments, in all lanes:\n' + listing)
    parser.add_argument('lane', nargs='*', help='or "quick": the first lane without the functional tests')
    names = parser.parse_args().lane or list(LANES)
    if names == ['quick']:
        names = ['gcc']
        LANES['gcc'].suites = tuple(s for s in LANES['gcc'].suites if s != 'func')
    for name in names:
        if name not in LANES:
            parser.error(f'there is no lane {name}; the lanes are {", ".join(LANES)}')
    if shutil.which('meson') is None:
        parser.error('meson is not installed')
    sys.exit(run_lanes(names))


if __name__ == '__main__':
    main()
