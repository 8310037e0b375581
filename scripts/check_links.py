#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the documentation points at is there: links between pages, paths and names of ours that are written `so`, tests that tables name."""

import os
import re

import tree as t

FENCE = re.compile(r'^```.*?^```', re.M | re.S)
LINK = re.compile(r'\]\(([^)\s]+)\)')
CODE = re.compile(r'`([^`\n]+)`')
# `lib/ring`, `docs/api.md`, `meson.build`; not `a/b`, `/dev/shm`, `fuzz_<name>.c`.
PATH = re.compile(r'[A-Za-z.][\w.+-]*(?:/[\w.+-]+)+/?')
NAME = re.compile(r'\bplx_[a-z0-9_]+[a-z0-9]\b(?![*<])')
TEST = re.compile(r'(func|complaint)_([a-z0-9_]+)')
ROW_OF_TESTS = re.compile(r'^\|.*\|(.*)\|$', re.M)  # what is wrong, what is said, tests
TABLES_OF_TESTS = ('docs/guides/bad-input.md',)
MADE = ('build/', 'include/')  # what building makes


def blank(match):
    return re.sub(r'[^\n]', ' ', match[0])


def slug(heading):
    return re.sub(r'[^\w\- ]', '', heading.strip().lower()).replace(' ', '-')


def line_of(text, at):
    return text.count('\n', 0, at) + 1


def is_there(tree, path):
    path = os.path.normpath(path)
    return path == '.' or path in tree.files or any(name.startswith(path + '/') for name in tree.files)


def check_link(tree, page, target):
    """What is wrong with a link, None if nothing."""
    name, _, anchor = target.partition('#')
    path = os.path.normpath(os.path.join(os.path.dirname(page), name)) if name else page
    if not is_there(tree, path):
        return f'the link to {target} points nowhere'
    if anchor and path.endswith('.md'):
        headings = re.findall(r'^#+ (.*)$', FENCE.sub(blank, tree.text(path)), re.M)
        if anchor not in [slug(h) for h in headings]:
            return f'{path} has no heading #{anchor}'
    return None


def check_path(tree, page, path):
    """A path counts as one of ours if its first folder is one: beside the page or at the top."""
    first = path.split('/')[0]
    beside = os.path.dirname(page)
    if path.startswith(MADE):
        return None
    places = [place for place in (beside, '') if is_there(tree, os.path.join(place, first))]
    if not places or any(is_there(tree, os.path.join(place, path)) for place in places):
        return None
    return f'`{path}` is not there'


def check_names(tree, text, names):
    for match in NAME.finditer(text):
        if match[0] not in names and not any(name.startswith(match[0]) for name in names):
            yield match.start(), f'{match[0]} is no name of the code'


def tests_of(tree):
    """The tests that are named after their files, and the cases of the complaints that need no program."""
    names = {'func_' + m[1] for path in tree.files if (m := re.match(r'tests/func/test_(\w+)\.sh$', path))}
    for path in tree.files:
        if path.startswith('tests/complaints/complaint_'):
            names.add(os.path.basename(path).removesuffix('.sh'))
    table = tree.text('tests/complaints/test_library.c') if 'tests/complaints/test_library.c' in tree.files else ''
    return names | {'complaint_' + case for case in re.findall(r'\{"(\w+)", \1\}', table)}


def all_tests_of(tree):
    """Those, and the others that a table of tests may name: of rooms, in C, of guests, fuzz targets."""
    names = tests_of(tree)
    for path in tree.files:
        if m := re.match(r'tests/unit/(\w+)/test_(\w+)\.c$', path):
            names.add(f'{m[1]}_{m[2]}')
        elif m := re.match(r'tests/func/test_(\w+)\.c$', path) or re.match(r'fuzz/fuzz_(\w+)\.c$', path):
            names.add(m[1])
    if 'tests/guest/meson.build' in tree.files:
        names |= {'guest_' + name for name in re.findall(r"^    \['(\w+)', '", tree.text('tests/guest/meson.build'), re.M)}
    return names


def check_tables(text, tests):
    for row in ROW_OF_TESTS.finditer(text):
        for name in CODE.finditer(row[1]):
            if re.fullmatch(r'[a-z]\w*_\w+', name[1]) and name[1] not in tests and not TEST.fullmatch(name[1]):
                yield row.start(1) + name.start(), f'there is no test {name[1]}'


def check(tree):
    pages = [path for path in tree.files if path.endswith('.md')]
    names = set()
    for path in tree.files:
        if path.endswith(('.c', '.h', '.py', 'meson.build', '.in', '.map')):
            names |= set(re.findall(r'\bplx_\w+', tree.text(path)))
    tests = tests_of(tree)
    listed = tree.text('docs/complaints.md') if 'docs/complaints.md' in tree.files else ''
    for name in sorted(tests):
        if name.startswith('complaint_') and f'`{name}`' not in listed:
            yield 'docs/complaints.md', 1, f'{name} is not listed', 'give it a row'
    for page in pages:
        whole = tree.text(page)
        text = FENCE.sub(blank, whole)
        found = []
        for match in LINK.finditer(text):
            if not re.match(r'[a-z]+:', match[1]):
                found.append((match.start(), check_link(tree, page, match[1])))
        for match in CODE.finditer(text):
            if PATH.fullmatch(match[1]):
                found.append((match.start(), check_path(tree, page, match[1])))
            if TEST.fullmatch(match[1]) and match[1] not in tests:
                found.append((match.start(), f'there is no test {match[1]}'))
        found += check_names(tree, whole, names)
        if page in TABLES_OF_TESTS:
            found += check_tables(whole, all_tests_of(tree))
        for at, wrong in sorted(x for x in found if x[1]):
            yield page, line_of(text, at), wrong, 'name what is there'


if __name__ == '__main__':
    t.main(check, __doc__)
