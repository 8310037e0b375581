# SPDX-License-Identifier: BSD-3-Clause
"""Runs the lanes of scripts/test: each configures, builds and tests in build-<name> and reports what it counted.

With two processors, two lanes go on side by side: most tests have one thread at work, or wait. What a lane counted, and a line for
each failure, is printed when it and those before it have ended; what the failed ones said in full follows all lanes. A skipped test is allowed only if tests/allowed_skips.txt says so for the lane; any other counts
as failed, and so does what a lane leaves behind.

Tests with threads, or whose judges are other programs with limits that nobody can move, may fail because the machine is busy, or
stands still for seconds as virtual machines do: those that did, if they are few, run once more when nothing else does. What passes
then is told by name: it is a test to be mended. A crash and a sanitizer's report are never excused.
"""

import argparse
import fcntl
import fnmatch
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
FUZZ_SECONDS = 5
LIMIT = 80 * 60  # seconds for all lanes: what hangs beyond the limits of tests is ended, and told
BUILD_LIMIT = 40 * 60  # with sanitizers on a busy machine 15 minutes are too few
AGAIN = ('unit', 'contract', 'stress', 'func', 'guest')  # suites whose failures have a second run, alone
AGAIN_MAX = 5  # of all lanes: more are no chance
PAGES = '/sys/kernel/mm/hugepages/hugepages-2048kB/'
UBSAN_FATAL = '-Dc_args=-fno-sanitize-recover=undefined'
WAITING = 2  # most tests wait, for timers, silences and other programs, more than half of their time
NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all', '--bounding-set=-all']


class Lane:
    def __init__(self, about, compiler='gcc', options=(), suites=(), build=None, wrapper=(), slow=1, special=None, build_of='all',
                 jobs=WAITING):
        self.about = about
        self.compiler = compiler
        self.options = list(options)
        self.suites = suites
        self.build = build
        self.wrapper = list(wrapper)
        self.slow = slow  # how much longer than usual a test may take
        self.special = special
        self.build_of = build_of  # 'all'; 'suites': what they run, and the targets that special runs; None: special builds
        self.jobs = jobs  # tests at once for each processor


class Failure(Exception):
    pass


class Counts:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.again = []  # tests among the failed ones
        self.details = []  # what the failed ones said, each under its name

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self):
        return f'{self.passed} passed, {self.failed} failed, {self.skipped} skipped'


class Runner:
    """Runs one command at a time in a session of its own, so that ending it ends all it started."""

    def __init__(self, until, name):
        self.child = None
        self.over = False
        self.until = until
        self.folder = tempfile.mkdtemp(prefix=f'plx-{name}.')  # of all that the lane runs
        self.mark = f'PLX_LANE={os.path.basename(self.folder)}'
        self.env = {'TMPDIR': self.folder, 'PLX_LANE': os.path.basename(self.folder)}
        if os.geteuid() == 0:
            os.chmod(self.folder, 0o1777)

    def run(self, command, log, env=None, limit=900):
        limit = min(limit, max(self.until - time.monotonic(), 1))
        if self.over:
            raise Failure('interrupted')
        with open(log, 'ab') as out:
            out.write(f'$ {" ".join(command)}\n'.encode())
            out.flush()
            self.child = subprocess.Popen(command, cwd=TOP, env={**os.environ, **self.env, **(env or {})},
                                          stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
            try:
                return self.child.wait(limit)
            except subprocess.TimeoutExpired:
                self.end()
                return 124
            finally:
                self.child = None

    def end(self):
        """meson ends its tests when it is ended; they remove what they made."""
        child = self.child
        if child is None:
            return
        for sign, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 5)):
            try:
                os.killpg(child.pid, sign)
                child.wait(patience)
                break
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass

    def processes(self):
        """Those of the lane that are still there."""
        found = []
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                with open(f'/proc/{pid}/environ', 'rb') as file:
                    if self.mark.encode() not in file.read().split(b'\0'):
                        continue
                with open(f'/proc/{pid}/cmdline', 'rb') as file:
                    found.append((int(pid), file.read().replace(b'\0', b' ').decode(errors='replace').strip()))
            except OSError:
                pass
        return found

    def tidy(self):
        """Ends and removes what the lane left; tells what that was."""
        end = time.monotonic() + 60
        while (processes := self.processes()) and time.monotonic() < end:
            time.sleep(0.2)
        for pid, _ in processes:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        files = [os.path.join(where, name) for where, _, names in os.walk(self.folder) for name in names]
        files += [os.path.join(self.folder, name) for name in os.listdir(self.folder)
                  if os.path.isdir(os.path.join(self.folder, name))]
        shutil.rmtree(self.folder, ignore_errors=True)
        return [f'process {pid}: {words[:200]}' for pid, words in processes] + sorted(files)


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


def output_of(test):
    """What it complained of comes first: whoever shows but a part shows that."""
    return '\n'.join(''.join((test.get(stream) or '').splitlines(True)[-lines:]).rstrip()
                     for stream, lines in (('stderr', 40), ('stdout', 60)))


def reason(text):
    """The lines that tell why, of all that one said."""
    lines = [line.strip() for line in text.split('\n') if line.strip()]
    telling = [line for line in lines if re.search(r'\[ +(ERROR|LINE) +\]|FAIL: |Sanitizer: |rror: ', line)]
    return ' '.join((telling or lines[-1:])[:2])[:400]


def may_be_chance(test, suites):
    crashed = test['result'] != 'TIMEOUT' and (test['returncode'] < 0 or test['returncode'] > 128)
    reported = re.search('Sanitizer: |runtime error: |failed with exception', output_of(test))
    return bool(set(suites) & set(AGAIN)) and not crashed and not reported


def count_tests(lane, log, rules, say):
    """Counts the results in meson's log, says whatever is not plainly passed, and names what may run again."""
    counts = Counts()
    with open(log, encoding='utf-8') as file:
        tests = [json.loads(line) for line in file if line.strip()]

    def skip(name, reason):
        if any(fnmatch.fnmatchcase(lane, l) and fnmatch.fnmatchcase(name, t) for l, t in rules):
            counts.skipped += 1
            say(f'   skipped  {name}: {reason}')
        else:
            counts.failed += 1
            say(f'   FAILED   {name}: skipped, which tests/allowed_skips.txt does not allow here: {reason}')

    for test in tests:
        suites, _, name = test['name'].rpartition(' / ')  # pollux:func / func_killed
        name = name.split(':')[-1]
        if test['result'] in ('OK', 'EXPECTEDFAIL'):
            counts.passed += 1
            for case in skipped_cases(test):
                skip(f'{name}/{case}', 'skipped by the case itself')
        elif test['result'] == 'SKIP':
            skip(name, last_line(test))
        else:
            counts.failed += 1
            if may_be_chance(test, suites.split(':')[-1].split('+')):
                counts.again.append(name)
            output = output_of(test).strip()
            how = f'{test["result"].lower()}, status {test["returncode"]}, {test["duration"]:.1f} s'
            say(f'   FAILED   {name}: {how}: {reason(output)}')
            counts.details.append(f'{name}: {how}\n{output}')
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
    if lane.build_of is None:
        return
    targets = ['all'] if lane.build_of == 'all' else run_by_suites(folder, lane.suites)
    if runner.run(['ninja', '-C', folder, *targets], log, limit=BUILD_LIMIT):
        raise Failure(f'the build failed\n{build_errors(log)}')


def run_by_suites(folder, suites):
    """The files of a configured build that tests of these suites take, and those of libFuzzer. What no test runs has been
    compiled in the lanes that build all, by either compiler."""
    def told(what):
        with open(os.path.join(folder, 'meson-info', f'intro-{what}.json'), encoding='utf-8') as file:
            return json.load(file)

    targets = told('targets')
    needed = {target['id'] for target in targets if target['name'].startswith('fuzz_')}
    for test in told('tests'):
        if set(suites) & {suite.split(':')[-1] for suite in test['suite']}:
            needed.update(test['depends'])
    return sorted(os.path.relpath(path, folder) for target in targets if target['id'] in needed for path in target['filename'])


def test_suites(runner, name, lane, folder, rules, say):
    log = os.path.join(folder, 'lane.log' if not lane.build else f'lane-{name}.log')
    logbase = f'lane-{name}'
    result = os.path.join(folder, 'meson-logs', f'{logbase}.json')
    if os.path.exists(result):
        os.unlink(result)
    command = meson_test(lane, folder, logbase)
    for suite in lane.suites:
        command += ['--suite', suite]
    status = runner.run(command, log, test_env(lane), limit=2400)
    if not os.path.exists(result):
        raise Failure(f'meson test ended with status {status}\n{tail(log)}')
    counts = count_tests(name, result, rules, say)
    if status and counts.failed == 0:
        raise Failure(f'meson test ended with status {status}\n{tail(log)}')
    return counts


def meson_test(lane, folder, logbase):
    return ['meson', 'test', '-C', folder, '--no-rebuild', '--logbase', logbase, '-t', str(lane.slow * 2),
            '--num-processes', str(lane.jobs * len(os.sched_getaffinity(0)))]


def test_env(lane):
    wrapper = fixed_addresses() if 'thread' in ' '.join(lane.options) else lane.wrapper
    return {'ASAN_OPTIONS': 'detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1',
           'UBSAN_OPTIONS': 'print_stacktrace=1', 'TSAN_OPTIONS': 'halt_on_error=1', 'PYTHONDONTWRITEBYTECODE': '1',
           'PLX_TEST_AS': ' '.join(wrapper)}


def passes(runner, name, test):
    """A test of that lane, once more, alone."""
    lane, folder = LANES[name], folder_of(name)
    return runner.run([*meson_test(lane, folder, f'lane-{name}-again'), test], os.path.join(folder, 'lane.log'),
                      test_env(lane)) == 0


def said_again(name):
    """What the test said that passes() ran."""
    try:
        with open(os.path.join(folder_of(name), 'meson-logs', f'lane-{name}-again.json'), encoding='utf-8') as file:
            return '\n'.join(output_of(json.loads(line)).strip() for line in file if line.strip())
    except OSError:
        return ''


def fixed_addresses():
    """The thread sanitizer needs a memory layout that full address randomisation may refuse it."""
    command = ['setarch', platform.machine(), '-R']
    return command if subprocess.run(command + ['true'], capture_output=True, check=False).returncode == 0 else []


def fuzz(runner, name, lane, folder, rules, say):
    """Each fuzz target for some seconds; new inputs stay in the build folder."""
    counts = Counts()
    programs = os.path.join(folder, 'fuzz')
    for target in sorted(f for f in os.listdir(programs) if re.fullmatch(r'fuzz_\w+', f)):
        found = os.path.join(folder, 'found', target)
        os.makedirs(found, exist_ok=True)
        log = os.path.join(folder, target + '.log')
        if os.path.exists(log):
            os.unlink(log)
        command = [os.path.join(folder, 'tests/alone/alone'), os.path.join(programs, target),
                   f'-max_total_time={FUZZ_SECONDS}', '-timeout=60', '-rss_limit_mb=2048', f'-artifact_prefix={found}/', found,
                   os.path.join(TOP, 'fuzz', 'corpus', target[len('fuzz_'):])]
        if runner.run(command, log, limit=FUZZ_SECONDS + 120):
            counts.failed += 1
            said = tail(log)
            say(f'   FAILED   {target}; the input is in {os.path.relpath(found, TOP)}: {reason(said)}')
            counts.details.append(f'{target}\n{said}')
        else:
            counts.passed += 1
    return counts


def docs(runner, name, lane, folder, rules, say):
    counts = Counts()
    log = os.path.join(folder, 'docs.log')
    if os.path.exists(log):
        os.unlink(log)
    if runner.run(['ninja', '-C', folder, 'docs/api'], log):
        counts.failed += 1
        say('   FAILED   API reference')
        counts.details.append(f'API reference\n{tail(log)}')
    else:
        counts.passed += 1
    return counts


LANES = {
    'gcc': Lane('gcc, all suites but guest', suites=('unit', 'contract', 'stress', 'model', 'fuzz', 'style', 'func')),
    # What reads bytes from files, the corpora, reads them alike whoever runs it.
    'user': Lane('the same build without root or any capability', build='gcc', suites=('unit', 'contract'), wrapper=NOBODY),
    'guest': Lane('the same build in virtual machines with network cards of their own', build='gcc', suites=('guest',),
                  jobs=1),  # each machine has two processors, and seldom waits
    'clang': Lane('clang', compiler='clang', suites=('unit', 'contract')),
    'debug': Lane('buffers remember who holds them', options=['-Dmbuf_debug=true', '--buildtype=debug'],
                  suites=('unit', 'contract'), build_of='suites'),
    'asan': Lane('address and undefined-behaviour sanitizers', compiler='clang', slow=5,
                 options=['-Db_sanitize=address,undefined', '-Db_lundef=false', '-Dfuzz=true', UBSAN_FATAL, '--optimization=1',
                          '-Ddebug=true'],
                 suites=('unit', 'contract', 'fuzz'), build_of='suites'),
    'fuzz': Lane('libFuzzer, some seconds a target', build='asan', special=fuzz),
    'tsan': Lane('thread sanitizer', compiler='clang', slow=10,
                 options=['-Db_sanitize=thread', '-Db_lundef=false', '--optimization=1', '-Ddebug=true'],
                 suites=('unit', 'stress'), build_of='suites'),
    'docs': Lane('API reference, warnings are errors', options=['-Ddocs=true', '-Dtests=false'], special=docs, build_of=None),
}


def readable_by_nobody(folder):
    return subprocess.run(NOBODY + ['test', '-r', os.path.join(folder, 'build.ninja')], capture_output=True,
                          check=False).returncode == 0


def run_lane(runner, name, rules, say):
    lane = LANES[name]
    folder = folder_of(name)
    if lane.special:
        return lane.special(runner, name, lane, folder, rules, say)
    if lane.wrapper == NOBODY and (os.geteuid() != 0 or not readable_by_nobody(folder)):
        say('   left out: ' + ('this is not root, so the other lanes have no rights either' if os.geteuid() != 0 else
                               'others may not read this folder'))
        return Counts()
    return test_suites(runner, name, lane, folder, rules, say)


def folder_of(name):
    return os.path.join(TOP, 'build-' + (LANES[name].build or name))


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


class Turn:
    """A lane and what came of it."""

    def __init__(self, name, until):
        self.name = name
        self.runner = Runner(until, name)
        self.lines = []
        self.counts = Counts()
        self.seconds = 0.0
        self.began = self.ended = False

    def build(self):
        return LANES[self.name].build or self.name

    def say(self, text):
        self.lines.append(text)

    def fail(self, text):
        """The first line of it at once, all of it at the end."""
        what, _, more = text.partition('\n')
        self.counts.failed += 1
        self.say(f'   FAILED   {what}{": " if more else ""}{reason(more) if more else ""}')
        if more:
            self.counts.details.append(text)

    def run(self, prepared, rules):
        begin = time.monotonic()
        try:
            with prepared.lock:
                if not prepared.done and prepared.failure is None:
                    prepared.make(self.runner)
            if prepared.failure:
                raise Failure(prepared.failure)
            self.counts = run_lane(self.runner, self.name, rules, self.say)
        except Failure as failure:
            self.fail(failure)
        except Exception as error:  # pylint: disable=broad-except
            self.fail(f'{type(error).__name__}: {error}')  # of this script: the other lanes go on
        for left in self.runner.tidy():
            self.fail(f'left behind: {left}')
        self.seconds = time.monotonic() - begin


def run_again(turns, until):
    """What failed perhaps by chance; those that pass alone, by name."""
    unsteady = []
    if sum(len(turn.counts.again) for turn in turns) > AGAIN_MAX:
        return unsteady
    for turn in turns:
        for test in turn.counts.again:
            runner = Runner(until, turn.name)
            try:
                passed = passes(runner, turn.name, test)
            finally:
                left = runner.tidy()
            print(f'== again, alone: {test} {"passed" if passed and not left else "failed"}', flush=True)
            if left or not passed:
                turn.counts.details.append('\n'.join([f'{test}, again, alone', *(f'left behind: {each}' for each in left), said_again(turn.name)]))
                continue
            turn.counts.failed -= 1
            turn.counts.passed += 1
            unsteady.append(test)
    return unsteady


class Prepared:
    """A build folder, which the first lane that needs it configures and builds."""

    def __init__(self, name):
        self.name = name
        self.lock = threading.Lock()
        self.taken = self.done = False
        self.failure = None

    def make(self, runner):
        try:
            prepare(runner, self.name, LANES[self.name], folder_of(self.name))
            self.done = True
        except Failure as failure:
            self.failure = str(failure)


class Streams:
    """Lanes side by side, printed in their order."""

    def __init__(self, names, number):
        self.until = time.monotonic() + LIMIT
        self.turns = [Turn(name, self.until) for name in names]
        self.builds = {turn.build(): Prepared(turn.build()) for turn in self.turns}
        self.rules = allowed_skips()
        self.lock = threading.Condition()
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(number)]

    def next(self):
        """One whose build is there or nobody's yet; else one that will wait."""
        with self.lock:
            free = [turn for turn in self.turns if not turn.began]
            if not free:
                return None
            builds = {turn: self.builds[turn.build()] for turn in free}
            ready = [turn for turn in free if builds[turn].done or not builds[turn].taken]
            turn = (ready or free)[0]
            turn.began = builds[turn].taken = True
            return turn

    def work(self):
        while turn := self.next():
            turn.run(self.builds[turn.build()], self.rules)
            with self.lock:
                turn.ended = True
                self.lock.notify_all()

    def run(self):
        for thread in self.threads:
            thread.start()
        for turn in self.turns:
            with self.lock:
                while not turn.ended:
                    self.lock.wait(1)
            print(f'== {turn.name}: {LANES[turn.name].about}')
            print('\n'.join([*turn.lines, f'   {turn.counts}']), flush=True)

    def end(self):
        for turn in self.turns:
            turn.runner.over = True
        for turn in self.turns:
            turn.runner.end()
        for thread in self.threads:
            thread.join(30)
        for turn in self.turns:
            if not turn.ended:
                turn.runner.tidy()


def huge_pages():
    """How many the system was asked for, when nobody plays with them; None: it has none. A surplus is what others will give back."""
    try:
        with open(PAGES + 'nr_hugepages', encoding='ascii') as file, open(PAGES + 'surplus_hugepages', encoding='ascii') as surplus:
            lock = os.open('/', os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            asked_for = int(file.read()) - int(surplus.read())
            os.close(lock)
            return asked_for
    except OSError:
        return None


def print_details(turns):
    for turn in turns:
        for each in turn.counts.details:
            print(f'\n-- {turn.name}: ' + each.rstrip().replace('\n', '\n   | '), flush=True)


def run_lanes(names):
    total = Counts()
    interrupted = False
    pages = huge_pages()
    streams = Streams(names, min(2, len(os.sched_getaffinity(0)), len(names)))

    def stop(number, frame):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
    unsteady = []
    try:
        streams.run()
        unsteady = run_again(streams.turns, streams.until)
        if huge_pages() != pages:
            total.failed += 1
            print(f'   FAILED   left behind: {huge_pages()} huge pages, {pages} before', flush=True)
        print_details(streams.turns)
    except KeyboardInterrupt:
        interrupted = True
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        print('\ninterrupted; ending what runs', flush=True)
        streams.end()
    finally:
        hand_back([folder_of(name) for name in names])
        leave_place()
    print()
    for turn in streams.turns:
        print(f'{turn.name:8} {turn.counts}, {turn.seconds:.0f} s')
        total.add(turn.counts)
    if unsteady:
        print(f'\nUNSTEADY, passed only the second time, alone: {" ".join(unsteady)}')
    print(f'\n{total}', flush=True)
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
