#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Holds every #include against the rooms table of the top meson.build: downward only, no private headers of others."""

import os
import re

import tree as t

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^">]+)[">]', re.M)

# What a public header may ask of the system: the C library, no third party and no kernel interface.
LIBC = {'endian.h', 'errno.h', 'inttypes.h', 'limits.h', 'netinet/in.h', 'sched.h', 'stdarg.h', 'stdatomic.h', 'stdbool.h',
        'stddef.h', 'stdint.h', 'stdio.h', 'stdlib.h', 'string.h', 'sys/socket.h', 'sys/types.h', 'sys/uio.h', 'time.h',
        'assert.h', 'pthread.h'}

# Folders that see the library as its users do. Rooms of their own: a folder, and what else it may include.
USERS = {'apps': ['apps/common'], 'examples': [], 'bench': ['bench']}


def includes(tree, path):
    text = tree.text(path)
    clean = re.sub(r'/\*.*?\*/', lambda m: re.sub(r'[^\n]', ' ', m[0]), text, flags=re.S)
    for match in INCLUDE.finditer(clean):
        yield t.line_of(clean, match.start()), match[1], match[2]


def fuzz_rooms(tree):
    """name of the fuzz target -> name of the room it links."""
    if 'fuzz/meson.build' not in tree.files:
        return {}
    rows = re.findall(r"\['(\w+)',\s*'(\w+)'", tree.text('fuzz/meson.build'))
    return {f'fuzz/fuzz_{name}.c': room for name, room in rows}


def home(tree, path, fuzzed):
    """(room whose private headers the file may open, rooms it may include) or None for a user of the library."""
    room = tree.room_of(path)
    match = re.match(r'tests/unit/(\w+)/', path)
    if room is None and match:
        room = tree.rooms.get(match[1])
    if room is None and path in fuzzed:
        room = tree.rooms.get(fuzzed[path])
    return room


def find(tree, path, name):
    """The file of the tree that `#include "name"` means: beside the includer first, then any room's."""
    beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
    if beside in tree.files:
        return beside
    for room in tree.rooms.values():
        candidate = os.path.join(room.folder, name)
        if candidate in tree.files:
            return candidate
    unit = re.match(r'tests/unit/(\w+)/', path)
    own = [f'apps/{unit[1]}'] if unit else []
    for folder in own + ['apps/common', 'tests/fakes', 'tests/unit', 'tests']:
        if os.path.join(folder, name) in tree.files:
            return os.path.join(folder, name)
    return None


def check_room_file(tree, path, room, line, name):
    if name == 'plx_config.h':
        return
    found = find(tree, path, name)
    if found is None:
        yield path, line, f'"{name}" is no header of this tree', 'write <...> for headers of the system'
        return
    target = tree.room_of(found)
    if target is None or target is room:
        if not path.startswith(('tests/', 'fuzz/')) and target is None:
            yield (path, line, f'"{name}" lies in {os.path.dirname(found)}, outside the library',
                   'a room includes rooms of a lower floor')
        return
    if target.name not in room.needs:
        yield (path, line, f'{room.folder} may not include {target.folder} ("{name}")',
               f"the row of '{room.name}' in meson.build allows: {', '.join(room.needs) or 'libc'}; move what is shared down")
    elif os.path.basename(name) not in target.headers + target.lent:
        yield (path, line, f'"{name}" is private to {target.folder}',
               f'use its public headers: {", ".join(target.headers + target.lent)}')
    elif name.startswith('plx_ethdev_driver') and not room.folder.startswith(('drivers/', 'lib/ethdev')):
        yield path, line, f'"{name}" is for drivers', 'use plx_ethdev.h'


def own_program(tree, path):
    """The folder of the program that a unit test is about: tests/unit/capture -> apps/capture."""
    match = re.match(r'tests/unit/(?:apps_)?(\w+)/', path)
    folder = f'apps/{match[1]}' if match else None
    return [folder, 'apps/common'] if folder and any(f.startswith(folder + '/') for f in tree.files) else []


def check_user_file(tree, path, line, bracket, name):
    folder = path.split('/')[0]
    if bracket == '<':
        if name.startswith('pollux/'):
            header = name[len('pollux/'):]
            public = {h for room in tree.rooms.values() for h in room.headers} | {'plx_config.h'}
            if header not in public:
                yield path, line, f'<{name}> is not installed', 'list it in the headers of its room, or use another'
            elif header.endswith('_driver.h') and folder in USERS:
                yield path, line, f'<{name}> is for drivers', 'a program needs only what plx_ethdev.h and plx_eal.h offer'
        return
    beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
    allowed = [os.path.dirname(path)] + USERS.get(folder, [])
    candidates = [beside] + [os.path.join(f, name) for f in allowed]
    if folder in ('tests', 'fuzz'):
        own = [os.path.join(f, name) for f in own_program(tree, path)]
        if find(tree, path, name) is None and not any(f in tree.files for f in own):
            yield path, line, f'"{name}" is no header of this tree', 'write <...> for headers of the system'
    elif not any(c in tree.files and os.path.dirname(c) in allowed for c in candidates):
        yield (path, line, f'"{name}" is not a public header',
               'programs see the library as its users do: #include <pollux/plx_x.h>')


def check_cycles(tree):
    graph = {}
    for path in tree.c_files():
        if path.endswith('.h'):
            graph[path] = [(line, find(tree, path, name)) for line, bracket, name in includes(tree, path) if bracket == '"']
    done = set()

    def visit(path, trail):
        if path in done:
            return
        for line, target in graph.get(path, []):
            if target in trail and not path.endswith('_inline.h'):
                yield path, line, f'includes {target}, which includes this file again', 'break the cycle'
            elif target is not None and target not in trail:
                yield from visit(target, trail + [target])
        done.add(path)

    for path in graph:
        yield from visit(path, [path])


def check(tree):
    fuzzed = fuzz_rooms(tree)
    public = set(tree.public_headers())
    for path in tree.c_files():
        room = home(tree, path, fuzzed)
        for line, bracket, name in includes(tree, path):
            if path in public and bracket == '<' and name not in LIBC:
                yield (path, line, f'a public header includes <{name}>',
                       'keep third-party and kernel headers in .c files; users of the library need not have them')
            elif room is None:
                yield from check_user_file(tree, path, line, bracket, name)
            elif bracket == '<' and name.startswith('pollux/'):
                yield path, line, f'<{name}> is for users of the library', f'#include "{name[len("pollux/"):]}"'
            elif bracket == '"':
                yield from check_room_file(tree, path, room, line, name)
    yield from check_cycles(tree)


if __name__ == '__main__':
    t.main(check, __doc__)
