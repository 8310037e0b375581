#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Code that the documentation quotes is the code: a fenced block that names a file, and something in it, is identical to it.

    ```c examples/forward.c pass_on         a function, struct or variable of a C file, without the comment above it
    ```sh scripts/demo                      the whole file

With --write the blocks are written anew from their files.
"""

import re
import sys

import tree as t

FENCE = re.compile(r'^```(\w+) ([\w./+-]+)(?: (\w+))?\n(.*?)^```$', re.M | re.S)


def is_named(statement, name):
    head = statement.head.split('{')[0].split('=')[0]
    return statement.function == name or (not statement.function and re.search(rf'\b{name}\b(\[[^\]]*\])*\s*$', head))


def source(tree, path, name):
    """(text, None) or (None, what is wrong)."""
    if path not in tree.files:
        return None, f'the quoted file {path} is not there'
    text = tree.text(path)
    if name is None:
        return text, None
    lines = text.split('\n')
    for found in t.statements(t.declarations_only(text)):
        if is_named(found, name):
            return '\n'.join(lines[found.line - 1:found.end_line]) + '\n', None
    return None, f'{path} defines no {name}'


def check(tree):
    for page in (path for path in tree.files if path.endswith('.md')):
        text = tree.text(page)
        for match in FENCE.finditer(text):
            wanted, wrong = source(tree, match[2], match[3])
            if wrong is None and wanted != match[4]:
                wrong = f'what is quoted of {match[2]} is not what stands there'
            if wrong:
                yield page, t.line_of(text, match.start()), wrong, 'scripts/check_quotes.py --write'


def write(tree):
    def quote(match):
        wanted, _ = source(tree, match[2], match[3])
        return match[0] if wanted is None else match[0][:match.start(4) - match.start()] + wanted + '```'
    for page in (path for path in tree.files if path.endswith('.md')):
        new = FENCE.sub(quote, tree.text(page))
        if new != tree.text(page):
            with open(f'{tree.top}/{page}', 'w', encoding='utf-8') as file:
                file.write(new)


if __name__ == '__main__':
    if sys.argv[1:] == ['--write']:
        write(t.Tree(__file__.rsplit('/', 1)[0] + '/..' if '/' in __file__ else '..'))
    else:
        t.main(check, __doc__)
