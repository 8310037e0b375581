#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Errors that point at a check of plx-doctor name one that there is, and errors about capabilities point at one."""

import re

import tree as t

TABLE = 'apps/doctor/check.c'
SOURCES = ('eal/', 'lib/', 'drivers/', 'apps/', 'docs/')
LIBRARY = ('eal/', 'lib/', 'drivers/')
NAMED = re.compile(r'PLX_DOCTOR\("([^"]*)"\)|\(plx-doctor ([a-z_]+)\)')


def ids(tree):
    return set(re.findall(r'^\t\{"(\w+)",', tree.text(TABLE), re.M)) if TABLE in tree.files else set()


def calls(text):
    """Each plx_why(...) call: its place and its text up to the statement's end."""
    for match in re.finditer(r'\bplx_why(?:_prefix)?\(', text):
        yield match.start(), text[match.start():text.find(';', match.start())]


def check(tree):
    known = ids(tree)
    for path in tree.files:
        if not path.startswith(SOURCES) or not path.endswith(('.c', '.h', '.md')):
            continue
        text = tree.text(path)
        for match in NAMED.finditer(text):
            name = match[1] or match[2]
            if name not in known and name != 'id':
                yield (path, t.line_of(text, match.start()), f'plx-doctor has no check "{name}"',
                       f'one of {", ".join(sorted(known))}, or a new row in {TABLE}')
        if not path.startswith(LIBRARY) or not path.endswith('.c'):
            continue
        for at, call in calls(text):
            if 'CAP_' in call and 'PLX_DOCTOR(' not in call:
                yield (path, t.line_of(text, at), 'a refusal for want of a capability does not point at plx-doctor',
                       'end its sentence with PLX_DOCTOR("capabilities")')


if __name__ == '__main__':
    t.main(check, __doc__)
