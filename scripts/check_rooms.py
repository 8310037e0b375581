#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every source says its licence, every header has its guard, every room with sources has a README of 20 to 60 lines whose
table of files, if it has one, names them all; docs/api.md names each installed header."""

import fnmatch
import os
import re

import tree as t

SPDX = 'SPDX-License-Identifier: BSD-3-Clause'
README_LINES = (20, 60)


def room_folders(tree):
    folders = {room.folder for room in tree.rooms.values()}
    folders |= {'/'.join(p.split('/')[:2]) for p in tree.c_files('apps/') if p.count('/') >= 2}
    folders |= {'examples', 'bench', 'tests', 'tests/func', 'tests/guest', 'fuzz', 'scripts'}
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


def table_of_files(text):
    """What stands in backticks in tables with a column "file", "files" or "header", as patterns; None if none has files."""
    patterns, any_files = [], False
    for table in re.findall(r'(?:^\|.*\n)+', text, re.M):
        column = re.match(r'\|(?:.*\|)?\s*(files?|header)\s*\|', table)
        if column:
            any_files |= column[1] != 'header'
            patterns += [re.sub(r'<\w+>', '*', name).replace('.[ch]', '') for name in re.findall(r'`([^`\s]+)`', table)]
    return patterns if any_files else None


def is_named(name, patterns):
    """A .c file names the header of its stem, too; what rooms have as private or inline goes without saying."""
    stem = name[:-2]
    return (name.endswith(('_priv.h', '_inline.h')) or any(
        fnmatch.fnmatchcase(name, p) or fnmatch.fnmatchcase(stem, p) or fnmatch.fnmatchcase(stem + '.c', p) for p in patterns))


def check_tables(tree):
    names = {os.path.basename(path) for path in tree.files}
    for folder in room_folders(tree):
        readme = os.path.join(folder, 'README.md')
        patterns = table_of_files(tree.text(readme)) if readme in tree.files else None
        if patterns is None:
            continue
        for path in tree.c_files(folder + '/'):
            if os.path.dirname(path) == folder and not is_named(os.path.basename(path), patterns):
                yield readme, 1, f'its table does not name {os.path.basename(path)}', 'say in a row what the file holds'
        for pattern in patterns:
            if re.fullmatch(r'\w+\.[ch]', pattern) and pattern not in names:
                yield readme, 1, f'its table names {pattern}, which is not there', 'take it out, or give it its new name'


def check_api(tree):
    """docs/api.md is where somebody looks for a header who does not know that it is there."""
    page = 'docs/api.md'
    if page not in tree.files:
        return
    named = set(re.findall(r'\bplx_\w+\.h\b', tree.text(page)))
    for path in tree.public_headers():
        header = os.path.basename(path)
        if not header.endswith('_inline.h') and header not in named:
            yield page, 1, f'it does not name {header}, which is installed', 'say in a row what it is for'


def check(tree):
    yield from check_licence(tree)
    yield from check_guards(tree)
    yield from check_readmes(tree)
    yield from check_tables(tree)
    yield from check_api(tree)


if __name__ == '__main__':
    t.main(check, __doc__)
