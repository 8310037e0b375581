#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""No file over 800 lines, no function over 100."""

import tree as t

FILE_MAX = 800
FUNCTION_MAX = 100


def check(tree):
    for path in tree.files:
        if path.endswith(('.c', '.h', '.py', '.sh')):
            lines = tree.text(path).count('\n')
            if lines > FILE_MAX:
                yield path, lines, f'{lines} lines', f'split it by nouns; a file has up to {FILE_MAX}'
    for path in tree.c_files():
        for found in t.statements(t.declarations_only(tree.text(path))):
            length = found.end_line - found.line + 1
            if found.function and found.body is not None and length > FUNCTION_MAX:
                yield (path, found.name_line, f'{found.function}() has {length} lines',
                       f'take a step out into a function of its own; a function has up to {FUNCTION_MAX}')


if __name__ == '__main__':
    t.main(check, __doc__)
