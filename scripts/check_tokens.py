#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Words that may not stand in some places: calls that print or end the process in libraries, marks of unfinished work, ..."""

import re

import tree as t

LIBRARY = ('lib/', 'eal/', 'drivers/')
CODE = ('lib/', 'eal/', 'drivers/', 'apps/', 'examples/', 'bench/', 'tests/', 'fuzz/')

# pattern, where it is forbidden, where it is allowed all the same, what is wrong, cure. On C without comments and strings.
IN_CODE = [
    (r'\b(?:abort|exit|_exit|quick_exit|assert|err|errx)\s*\(', LIBRARY, (),
     'a library ends the process', 'return a negative errno, with a sentence in struct plx_why'),
    (r'\b(?:v?printf|puts|putchar|perror|warnx?)\s*\(|\bfprintf\s*\(\s*std(?:err|out)\b', LIBRARY, ('lib/log/',),
     'a library prints', 'use plx_log() where the floor allows it, else struct plx_why'),
    (r'\b__attribute__\b', CODE, ('lib/base/',), '__attribute__ outside lib/base', 'use or add a word in plx_base.h'),
    (r'\b(?:strcpy|strcat|v?sprintf|gets|strtok|alloca|mktemp|tmpnam)\s*\(', LIBRARY + ('apps/',), (),
     'a call that cannot know the size of its buffer', 'snprintf, memcpy with a checked length, strtok_r'),
    (r'\bvolatile\s+(?!sig_atomic_t)(?:\w+\s+)+\w+\s*[;=]', LIBRARY, (),
     'a volatile variable; volatile does not order threads', 'C11 atomics; for device memory the accessors of the transport'),
    (r'\b__sync_\w+', CODE, (), 'old atomics', 'C11 atomics'),
    (r'\b__(?:constructor|destructor)__\b|\bconstructor\s*\)', CODE, (), 'work before main()', 'an entry in a table'),
    (r'\bmk(?:dtemp|stemp|ostemp)\s*\(', ('tests/', 'fuzz/'), ('tests/own.h', 'tests/alone/'), 'a file that a killed test leaves to others',
     'own_folder() or own_name() of tests/own.h'),
    (r'\bsystem\s*\(|\bpopen\s*\(', LIBRARY + ('apps/',), (), 'a shell in a program', 'the system call or netlink itself'),
]

# The same on whole files of any kind.
ANYWHERE = [
    (r'\b(?:TOD[O]|FIXM[E]|XX[X])\b', '', (), 'a mark of unfinished work', 'finish it, or write down what is missing in the docs'),
    (r'\b(?:rte|RTE)[_]', '', ('bench/', 'tests/func/dpdk_', 'docs/guides/coming-from-dpdk.md'), "another framework's prefix", 'plx_'),
    (r'(?<![\w.$}])/(?:work|home|root|Users)/\w', '', (), 'a path of one machine', 'a path relative to the tree'),
    (r'(?i)\b(?:issue|ticket|pr)\s*#?\d+\b(?!/)|(?<![\w&/#])#\d{1,5}\b(?![\w-])', '', ('fuzz/corpus/',),
     'a number in some tracker', 'say what the thing is'),
    (r'[ \t]+$', '', ('.pcap', '.pcapng', 'fuzz/corpus/', 'data/'), 'blanks at the end of a line', 'remove them'),
]
TEXT = ('.c', '.h', '.md', '.py', '.sh', '.build', '.txt', '.in', '.map', '.ini')
NO_CURE = ('LICENSE',)


def scan(path, text, rules):
    for pattern, where, allowed, wrong, cure in rules:
        if not path.startswith(where) or any(a in path for a in allowed):
            continue
        for match in re.finditer(pattern, text, re.M):
            yield path, t.line_of(text, match.start()), f'{match[0].strip() or "blank"}: {wrong}', cure


def check(tree):
    for path in tree.c_files():
        yield from scan(path, t.code_only(tree.text(path)), IN_CODE)
    scripts = set(tree.scripts())
    for path in tree.files:
        if (path.endswith(TEXT) or path in scripts) and path not in NO_CURE:
            yield from scan(path, tree.text(path), ANYWHERE)


if __name__ == '__main__':
    t.main(check, __doc__)
