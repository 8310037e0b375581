# SPDX-License-Identifier: BSD-3-Clause
"""What the style checks share: the files of the tree, the rooms of meson.build, C text without comments.

A check is a function that takes a Tree and yields problems (path, line, what is wrong, what mends it); tree.main() runs it
from the command line, prints the problems and ends with 0 or 1.
"""

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys


class Room:
    def __init__(self, name, folder, needs):
        self.name = name
        self.folder = folder
        self.needs = needs
        self.headers = []  # installed, for everyone
        self.lent = []  # for rooms above only


class Tree:
    def __init__(self, top):
        self.top = os.path.abspath(top)
        self.files = sorted(self._list())
        self.rooms = self._rooms()
        self._text = {}

    def _list(self):
        """Files that belong to the tree, relative to its top: git's view, or a walk where there is no git."""
        if os.path.exists(os.path.join(self.top, '.git')) and shutil.which('git'):
            out = subprocess.run(
                ['git', '-c', 'safe.directory=*', '-C', self.top, 'ls-files', '-coz', '--exclude-standard'],
                capture_output=True, text=True, check=False)
            if out.returncode == 0:
                return [name for name in out.stdout.split('\0')
                        if name and os.path.isfile(os.path.join(self.top, name))]
        found = []
        for folder, folders, names in os.walk(self.top):
            folders[:] = [f for f in folders if not f.startswith(('build', '.git')) and f != '__pycache__']
            found += [os.path.relpath(os.path.join(folder, n), self.top) for n in names]
        return found

    def _rooms(self):
        rooms = {}
        path = os.path.join(self.top, 'meson.build')
        if not os.path.exists(path):
            return rooms
        with open(path, encoding='utf-8') as file:
            text = file.read()
        for match in re.finditer(r"\['(\w+)',\s*'([\w/]+)',\s*(\[[^\]]*\])", text):
            room = Room(match[1], match[2], ast.literal_eval(match[3]))
            rooms[room.name] = room
            own = os.path.join(self.top, room.folder, 'meson.build')
            if os.path.exists(own):
                with open(own, encoding='utf-8') as file:
                    own_text = file.read()
                for kind in ('headers', 'lent'):
                    listed = re.search(rf'^{kind}\s*=\s*(\[[^\]]*\])', own_text, re.M)
                    if listed:
                        setattr(room, kind, ast.literal_eval(listed[1]))
        return rooms

    def text(self, path):
        if path not in self._text:
            with open(os.path.join(self.top, path), encoding='utf-8', errors='replace') as file:
                self._text[path] = file.read()
        return self._text[path]

    def c_files(self, *folders):
        return [f for f in self.files
                if f.endswith(('.c', '.h')) and (not folders or f.startswith(folders))]

    def scripts(self):
        """Shell scripts, by name or first line."""
        found = []
        for path in self.files:
            if path.endswith('.sh'):
                found.append(path)
            elif '.' not in os.path.basename(path) or os.path.basename(path).startswith('.'):
                with open(os.path.join(self.top, path), 'rb') as file:
                    if re.match(rb'#!.*\b(ba)?sh\b', file.readline()):
                        found.append(path)
        return found

    def room_of(self, path):
        best = None
        for room in self.rooms.values():
            if path.startswith(room.folder + '/') and (best is None or len(room.folder) > len(best.folder)):
                best = room
        return best

    def public_headers(self):
        return [os.path.join(room.folder, header) for room in self.rooms.values() for header in room.headers
                if os.path.exists(os.path.join(self.top, room.folder, header))]


def _blank(match):
    return re.sub(r'[^\n]', ' ', match[0])


_COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
_DIRECTIVE = re.compile(r'^[ \t]*#(?:[^\n\\]|\\.|\\\n)*', re.M | re.S)


def code_only(text):
    """C text with comments and the insides of strings blanked; every character keeps its place."""
    def blank(match):
        return _blank(match) if match[0][0] == '/' else match[0][0] + _blank(match)[2:] + match[0][-1]
    return _COMMENT_OR_STRING.sub(blank, text)


def declarations_only(text):
    """code_only() without preprocessor lines and the words around declarations."""
    text = _DIRECTIVE.sub(_blank, code_only(text))
    return re.sub(r'\bPLX_(BEGIN|END)_DECLS\b', _blank, text)


def line_of(text, position):
    return text.count('\n', 0, position) + 1


class Statement:
    """Something at file level: a declaration, or a function with its body."""

    def __init__(self, text, start, end, head, body):
        self.line = line_of(text, start)
        self.end_line = line_of(text, end - 1)
        self.head = head
        self.body = body
        named = re.search(r'\b([a-z_]\w*)\s*\(', re.sub(r'\b[A-Z_0-9]{3,}\s*\([^()]*\)', _blank, head))
        aggregate = re.match(r'\s*(typedef|(static\s+|extern\s+)?(const\s+)?(struct|union|enum)\s+\w*\s*\{)', head)
        self.function = named[1] if named and not aggregate and '=' not in head else None
        self.name_line = line_of(text, start + named.start()) if named else self.line
        self.static = re.match(r'\s*(PLX_\w+\s+)*static\b', head) is not None


def statements(text):
    """The statements of a C file; text as declarations_only() gives it."""
    start = None
    depth = 0
    brace = None
    for i, char in enumerate(text):
        if start is None:
            if char.isspace() or char == ';':
                continue
            start = i
        if char == '{':
            if depth == 0 and brace is None:
                brace = i
            depth += 1
        elif char == '}':
            depth -= 1
            if depth <= 0:
                depth = 0
                made = Statement(text, start, i + 1, text[start:brace], text[brace:i + 1])
                if made.function:
                    yield made
                    start = brace = None
        elif char == ';' and depth == 0:
            head = text[start:brace] + '{' if brace is not None else text[start:i]
            yield Statement(text, start, i + 1, head, None)
            start = brace = None


def public_functions(tree):
    """(name, path, statement) of each function that the public headers declare without a body."""
    for path in tree.public_headers():
        for found in statements(declarations_only(tree.text(path))):
            if found.function and found.body is None and not found.static:
                yield found.function, path, found


def public_objects(tree):
    """(name, path, line) of each variable that the public headers declare extern."""
    for path in tree.public_headers():
        for found in statements(declarations_only(tree.text(path))):
            match = re.match(r'\s*extern\b.*?(\w+)\s*(\[[^\]]*\]\s*)*$', found.head, re.S)
            if match and not found.function:
                yield match[1], path, found.line


def main(check, description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('--top', default=os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'),
                        help='the tree to check; this one by default')
    problems = list(check(Tree(parser.parse_args().top)))
    for path, line, wrong, cure in problems:
        print(f'{path}:{line}: {wrong}\n    cure: {cure}')
    if problems:
        print(f'{len(problems)} problem(s)')
    sys.exit(1 if problems else 0)
