#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every function of a public header has a comment: right above it, on its line, or above the group it stands in. Who may
call it (Thread:) and how costly it is (Path:) stands there, or at the top of the header for all that say nothing else."""

import re

import tree as t


def commented(lines, line, end_line):
    above = lines[line - 2].rstrip() if line >= 2 else ''
    return above.endswith('*/') or re.search(r'/\*.*\*/', ' '.join(lines[line - 1:end_line])) is not None


def paragraph(lines, line, end_line):
    """A statement with what stands above it without a blank line between."""
    begin = line - 1
    while begin > 0 and lines[begin - 1].strip():
        begin -= 1
    return '\n'.join(lines[begin:end_line])


def check_contract(path, text):
    lines = text.split('\n')
    opening = text[:text.find('#ifndef')]
    for found in t.statements(t.declarations_only(text)):
        for word in ('Thread:', 'Path:'):
            if found.function and word not in opening and word not in paragraph(lines, found.line, found.end_line):
                yield (path, found.name_line, f'of {found.function}() there is no "{word}"',
                       'say it above the function, or for all at the top of the header (docs/api.md)')


def check_header(path, text):
    lines = text.split('\n')
    covered_to = 0
    for found in t.statements(t.declarations_only(text)):
        if commented(lines, found.line, found.end_line) or covered_to == found.line - 1:
            covered_to = found.end_line
        elif found.function:
            yield (path, found.name_line, f'{found.function}() has no comment',
                   'say above it what it does, who may call it and what it returns')


def check(tree):
    for path in tree.public_headers():
        if path.endswith('_inline.h'): # what they define for people is documented in the header that includes them
            continue
        yield from check_header(path, tree.text(path))
        yield from check_contract(path, tree.text(path))
        if len(tree.text(path).split('*/')) < 3:
            yield path, 2, 'no comment that says what this header is for', 'a paragraph after the licence line'


if __name__ == '__main__':
    t.main(check, __doc__)
