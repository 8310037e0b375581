#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""clang-format has nothing to change in any .c or .h, and shellcheck nothing to say about any script.

A tool that is not installed is a skip (77), unless the rest fails.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys

import tree as t

SKIP = 77


def run(tree, command, files):
    for at in range(0, len(files), 50):
        yield subprocess.run(command + files[at:at + 50], cwd=tree.top, capture_output=True, text=True, check=False)


def check_format(tree):
    failed = False
    for done in run(tree, ['clang-format', '--dry-run', '-Werror', '--ferror-limit=3'], tree.c_files()):
        if done.returncode:
            failed = True
            print(done.stderr)
    if failed:
        print('    cure: clang-format -i on these files')
    return failed


def shellcheck(tree, files, *options):
    for done in run(tree, ['shellcheck', '--severity=info', '--format=gcc', *options], files):
        if done.returncode > 1 or done.stderr:
            sys.exit(f'shellcheck: status {done.returncode}: {done.stdout}{done.stderr}')
        yield from done.stdout.splitlines()


def check_scripts(tree):
    """Each by itself at first, which takes a quarter of the time; shellcheck follows what is named beside it, so what others source
    is not. Whatever is found must hold, too, when it follows all."""
    paths = tree.scripts()
    sourced = {name for path in paths for name in re.findall(r'# shellcheck source=(\S+)', tree.text(path))}
    alone = shellcheck(tree, [path for path in paths if path not in sourced], '--exclude=SC1091')
    suspects = {line.split(':', 1)[0] for line in alone} | sourced.intersection(paths)
    found = list(shellcheck(tree, sorted(suspects), '-x'))
    if found:
        print('\n'.join(found))
        print('    cure: as shellcheck says, or # shellcheck disable=SCn with the reason above it')
    return bool(found)


def check_syntax(tree):
    failed = False
    for path in tree.scripts():
        shell = 'bash' if 'bash' in tree.text(path).split('\n', 1)[0] else 'sh'
        done = subprocess.run([shell, '-n', path], cwd=tree.top, capture_output=True, text=True, check=False)
        if done.returncode:
            failed = True
            print(f'{path}:1: {done.stderr}')
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('what', choices=['format', 'shell'])
    parser.add_argument('--top', default=os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
    args = parser.parse_args()
    tree = t.Tree(args.top)
    tool, checks = {'format': ('clang-format', [check_format]),
                    'shell': ('shellcheck', [check_syntax, check_scripts])}[args.what]
    if not shutil.which(tool):
        if any(c(tree) for c in checks[:-1]):
            sys.exit(1)
        print(f'SKIP: {tool} is not installed (scripts/deps test)')
        sys.exit(SKIP)
    sys.exit(1 if any([c(tree) for c in checks]) else 0)


if __name__ == '__main__':
    main()
