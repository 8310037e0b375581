#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every source says its licence, every header has its guard, every room with sources has a README of 20 to 80 lines."""

import os
import re

import tree as t

SPDX = 'SPDX-License-Identifier: BSD-3-Clause'
README_LINES = (15, 80)


def room_folders(tree):
    folders = {room.folder for room in tree.rooms.values()}
    folders |= {'/'.join(p.split('/')[:2]) for p in tree.c_files('apps/') if p.count('/') >= 2}
    folders |= {'examples', 'bench', 'tests', 'tests/func', 'fuzz', 'scripts'}
    return sorted(f for f in folders if any(p.startswith(f + '/') and p.endswith(('.c', '.h', '.sh', '.py'))
                                            for p in tree.files))


def guard_of(path):
    return 'PLX_' + re.sub(r'\W', '_', re.sub(r'^plx_', '', path)).upper()


def check_licence(tree):
    for path in tree.c_files():
        if tree.text(path).split('\n', 1)[0] != f'/* {SPDX} */':
            yield path, 1, 'the first line is not the licence', f'begin with: /* {SPDX} */'
    for path in tree.scripts() + [p for p in tree.files if p.endswith('.py')]:
        if f'# {SPDX}' not in tree.text(path).split('\n')[:3]:
            yield path, 1, 'no licence line', f'one of the first three lines: # {SPDX}'


def check_guards(tree):
    for path in tree.c_files():
        # A header of tests may be a body of cases, included once for each kind of thing.
        if path.endswith('.h') and not path.startswith('tests/') and f'#ifndef {guard_of(path)}\n#define {guard_of(path)}\n' not in tree.text(path):
            yield path, 1, 'no include guard named after the path', f'#ifndef {guard_of(path)}'


def check_readmes(tree):
    low, high = README_LINES
    for folder in room_folders(tree):
        readme = os.path.join(folder, 'README.md')
        if readme not in tree.files:
            yield folder, 1, 'a room without README.md', 'say what it is, what it is not, its structs, how to test it alone'
            continue
        lines = tree.text(readme).count('\n')
        if not low <= lines <= high:
            yield readme, lines, f'{lines} lines', f'a room README has {low} to {high} lines'


def check(tree):
    yield from check_licence(tree)
    yield from check_guards(tree)
    yield from check_readmes(tree)


if __name__ == '__main__':
    t.main(check, __doc__)
