#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""check_options.py PROGRAM...: options that the documentation shows for our programs are there.

A command line in a page, in a fence or between backquotes, that begins with the name of a program: each --option of it
must stand in what the program's --help says.
"""

import argparse
import os
import re
import subprocess
import sys

import tree as t

SPAN = re.compile(r'^```.*?^```|`[^`\n]+`', re.M | re.S)


def options_of(program):
    """Every --word of the usage text: also those that are accepted without effect."""
    text = subprocess.run([program, '--help'], capture_output=True, check=True, text=True).stdout
    return set(re.findall(r'--[a-z][\w-]*', text)) | {'--help', '--version'}


def lines_with(text, names):
    """(offset, program, rest of the line) of each command line; it ends where the shell would end it."""
    for span in SPAN.finditer(text):
        for match in re.finditer(r'(?<![\w./-])(?:[\w./]*/)?(' + '|'.join(names) + r')\s+([^\n`]*)', span[0]):
            yield span.start() + match.start(), match[1], re.split(r'[|;#]|&&|(?<=\s)<', match[2])[0]


def check(tree, programs):
    known = {os.path.basename(program): options_of(program) for program in programs}
    for page in tree.files:
        if not page.endswith('.md'):
            continue
        text = tree.text(page)
        for at, name, rest in lines_with(text, known):
            for option in re.findall(r'(?<![\w-])--[a-z][\w-]*', rest):
                if option not in known[name]:
                    yield page, t.line_of(text, at), f'{name} has no option {option}', f'{name} --help lists what there is'


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('program', nargs='+')
    programs = parser.parse_args().program
    sys.argv[1:] = []
    t.main(lambda tree: check(tree, programs), __doc__)


if __name__ == '__main__':
    main()
