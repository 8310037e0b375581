#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Code that the documentation quotes is the code: a fenced block that names a file, and a region of it, is identical to it.

    ```c examples/forward.c pass_on         between "region: pass_on" and the next "end" in comments of that file
    ```sh scripts/demo                      the whole file, without such comments

With --write the blocks are written anew from their files.
"""

import re
import sys

import tree as t

FENCE = re.compile(r'^```(\w+) ([\w./+-]+)(?: ([\w-]+))?\n(.*?)^```$', re.M | re.S)
MARK = re.compile(r'^.*(?:/\*|#) (?:region: ([\w-]+)|end)(?: \*/)?$')


def regions(text):
    """name -> lines; regions may not be inside one another."""
    found, name = {}, None
    for line in text.split('\n'):
        mark = MARK.match(line)
        if mark:
            name = mark[1]
            if name:
                found[name] = []
        elif name:
            found[name].append(line)
    return {name: '\n'.join(lines) + '\n' for name, lines in found.items()}


def source(tree, path, region):
    """(text, None) or (None, what is wrong)."""
    if path not in tree.files:
        return None, f'the quoted file {path} is not there'
    text = tree.text(path)
    if region is None:
        return ''.join(line for line in text.splitlines(True) if not MARK.match(line.rstrip('\n'))), None
    found = regions(text)
    if region not in found:
        return None, f'{path} has no region {region}; it has {", ".join(found) or "none"}'
    return found[region].strip('\n') + '\n', None


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
