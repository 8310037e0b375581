#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the public headers declare is what libpollux.so shows: nothing missing, nothing else."""

import argparse
import os
import subprocess
import sys

import tree as t


def exported(library):
    """name -> True if it is code."""
    out = subprocess.run(['nm', '-D', '--defined-only', library], capture_output=True, text=True, check=True).stdout
    symbols = {}
    for line in out.splitlines():
        kind, name = line.split()[-2:]
        if kind != 'A':
            symbols[name.split('@')[0]] = kind in 'TtWwi'
    return symbols


def compare(tree, symbols):
    declared = {}
    for name, path, found in t.public_functions(tree):
        declared[name] = (path, found.name_line)
    for name, path, line in t.public_objects(tree):
        declared[name] = (path, line)
    for name, (path, line) in sorted(declared.items()):
        if name not in symbols:
            yield (path, line, f'{name} is declared but not in the library',
                   'define it, or put the declaration between PLX_BEGIN_DECLS and PLX_END_DECLS, or take it out of the header')
    for name in sorted(set(symbols) - set(declared)):
        yield ('libpollux.so', 1, f'{name} is exported but no public header declares it',
               'make it static, or declare it in a private header outside PLX_BEGIN_DECLS')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('library')
    parser.add_argument('--top', default=os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
    args = parser.parse_args()
    problems = list(compare(t.Tree(args.top), exported(args.library)))
    for path, line, wrong, cure in problems:
        print(f'{path}:{line}: {wrong}\n    cure: {cure}')
    sys.exit(1 if problems else 0)


if __name__ == '__main__':
    main()
