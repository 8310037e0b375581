#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Hands one of our headers to doxygen, whose input filter this is: prose comments become documentation.

A comment right above a declaration documents it, one behind a field documents the field, the first of the file the file,
and a declaration that stands directly below a documented one shares its comment. Function names written as plx_x() become
references, so that naming one that does not exist is a warning. The number of lines stays the same.
"""

import os
import re
import sys

import tree as t

COMMENT = re.compile(r'/\*.*?\*/', re.S)
LABELS = r'(?<![\w*])(Thread|Path|Errors|Owner|Owns|Progress):'


def prose(line):
    """One line of a comment as doxygen is to read it; code spans stay as they are."""
    parts = re.split(r'(`[^`]*`)', line)
    for i in range(0, len(parts), 2):
        text = re.sub(r'([\\@<>&#%*$])', r'\\\1', parts[i])
        text = re.sub(r'\b(plx_\w+)\(\)', r'@ref \1 "\1()"', text)
        parts[i] = re.sub(LABELS, r'**\1:**', text)
    return ''.join(parts)


def body_lines(comment):
    """The lines of a comment without its frame."""
    lines = comment[2:-2].split('\n')
    return [lines[0].strip()] + [re.sub(r'^\s*\*[ ]?', '', line).rstrip() for line in lines[1:]]


def document(comment, opening, command=''):
    """The comment as documentation; lines that begin with a tab are pictures and code."""
    out = []
    picture = False
    for line in body_lines(comment):
        starts = line.startswith('\t') and not picture
        ends = picture and line != '' and not line.startswith('\t')
        picture = (picture or starts) and not ends
        text = line if picture else prose(line)
        out.append(('@endverbatim ' if ends else '') + ('@verbatim ' if starts else '') + text)
    if picture:
        out[-1] += ' @endverbatim'
    return opening + ' ' + command + '\n'.join(out) + ' */'


class Filter:
    def __init__(self, name, text):
        self.name = name
        self.text = text
        self.code = t.code_only(text)
        self.statements = list(t.statements(t.declarations_only(text)))
        self.bodies = [(s.line, s.end_line) for s in self.statements if s.function and s.body is not None]

    def in_body(self, position):
        line = t.line_of(self.text, position)
        return any(first < line <= last for first, last in self.bodies)

    def convert(self, match):
        """One comment: what it documents is told by what stands around it."""
        comment = match[0]
        before = self.code[self.code.rfind('\n', 0, match.start()) + 1:match.start()]
        after = self.text[match.end():]
        if comment.startswith('/* SPDX'):
            return comment
        if self.first:
            self.first = False
            return document(comment, '/**', f'@file {self.name} @brief ')
        if self.in_body(match.start()):
            return comment
        if before.strip():
            documents = re.search(r'[;,]\s*$', before) or re.match(r'\s*#\s*define\b', before) or \
                re.search(r'\w\s*$', before)
            return document(comment, '/**<') if documents else comment
        if re.match(r'[ \t]*\n[ \t]*(?:#[ \t]*define\b|[A-Za-z_])', after):
            return document(comment, '/**')
        return comment

    def shared(self):
        """line -> name of the documented function above whose comment the function on this line shares."""
        found = {}
        lines = self.text.split('\n')
        last = None
        for statement in self.statements:
            above = lines[statement.line - 2].rstrip() if statement.line >= 2 else ''
            own = above.endswith('*/') or '/*' in ' '.join(lines[statement.line - 1:statement.end_line])
            if statement.function and not own and last and last[1] == statement.line - 1:
                found[statement.line] = last[0]
                last = (last[0], statement.end_line)
            elif statement.function and own:
                last = (statement.function, statement.end_line)
            else:
                last = None
        return found

    def output(self):
        self.first = True
        shared = self.shared()
        lines = COMMENT.sub(self.convert, self.text).split('\n')
        for line, name in shared.items():
            lines[line - 1] = f'/** @copydoc {name} */ ' + lines[line - 1]
        return '\n'.join(lines)


if __name__ == '__main__':
    with open(sys.argv[1], encoding='utf-8') as header:
        sys.stdout.write(Filter(os.path.basename(sys.argv[1]), header.read()).output())
