#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The style checks themselves: each finds the fault in a small bad tree, at its line, and nothing in a good one."""

import os
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'scripts')
sys.path.insert(0, SCRIPTS)
sys.dont_write_bytecode = True

import check_comments  # noqa: E402
import check_doctor  # noqa: E402
import check_exports  # noqa: E402
import check_layers  # noqa: E402
import check_links  # noqa: E402
import check_options  # noqa: E402
import check_quotes  # noqa: E402
import check_rooms  # noqa: E402
import check_sizes  # noqa: E402
import check_tokens  # noqa: E402
import tree as t  # noqa: E402

LICENCE = '/* SPDX-License-Identifier: BSD-3-Clause */\n'
MESON = """rooms = [
    ['base', 'lib/base', [], []],
    ['ring', 'lib/ring', ['base'], []],
    ['ethdev', 'lib/ethdev', ['base', 'ring'],
        []],
    ['net_null', 'drivers/net/null', ['base', 'ethdev'], []],
    ['net_tap', 'drivers/net/tap', ['base', 'ethdev'], []],
]
"""


def header(path, body='', about='/* What it is for. Thread: any. Path: slow. */\n'):
    guard = check_rooms.guard_of(path)
    return f'{LICENCE}{about}#ifndef {guard}\n#define {guard}\n{body}\n#endif\n'


GOOD = {
    'meson.build': MESON,
    'lib/base/meson.build': "sources = files()\nheaders = ['plx_base.h']\n",
    'lib/base/plx_base.h': header('lib/base/plx_base.h', '#include <stdint.h>\n/* Doubles x. */\nint plx_twice(int x);'),
    'lib/base/README.md': 'line\n' * 30,
    'lib/ring/meson.build': "sources = files('ring.c')\nheaders = ['plx_ring.h']\n",
    'lib/ring/plx_ring.h': header('lib/ring/plx_ring.h', '#include "plx_base.h"\n/* Makes one. */\nint plx_ring(void);'),
    'lib/ring/ring_priv.h': header('lib/ring/ring_priv.h'),
    'lib/ring/ring.c': LICENCE + '#include "ring_priv.h"\n#include "plx_ring.h"\n#include <string.h>\n',
    'lib/ring/README.md': 'line\n' * 30,
    'lib/ethdev/meson.build': "headers = ['plx_ethdev.h', 'plx_ethdev_driver.h']\n",
    'lib/ethdev/plx_ethdev.h': header('lib/ethdev/plx_ethdev.h'),
    'lib/ethdev/plx_ethdev_driver.h': header('lib/ethdev/plx_ethdev_driver.h'),
    'lib/ethdev/README.md': 'line\n' * 30,
    'drivers/net/null/meson.build': "sources = files('null.c')\nheaders = []\n",
    'drivers/net/null/null.c': LICENCE + '#include "plx_ethdev_driver.h"\n',
    'drivers/net/null/README.md': 'line\n' * 30,
    'drivers/net/tap/meson.build': "headers = []\n",
    'apps/tool/tool.c': LICENCE + '#include <pollux/plx_ethdev.h>\n#include <stdio.h>\n',
    'apps/tool/README.md': 'line\n' * 30,
    'tests/unit/ring/test_ring.c': LICENCE + '#include "ring_priv.h"\n',
    'tests/README.md': 'line\n' * 30,
}


class Sample(unittest.TestCase):
    def problems(self, check, files):
        with tempfile.TemporaryDirectory() as top:
            for path, text in {**GOOD, **files}.items():
                os.makedirs(os.path.dirname(os.path.join(top, path)) or top, exist_ok=True)
                with open(os.path.join(top, path), 'w', encoding='utf-8') as file:
                    file.write(text)
            return list(check(t.Tree(top)))

    def expect(self, check, files, path, line, words):
        found = self.problems(check, files)
        self.assertTrue(any(p[0] == path and p[1] == line and words in p[2] and p[3] for p in found),
                        f'no problem "{words}" at {path}:{line} in {found}')

    def test_good_tree_has_no_problem(self):
        for module in (check_layers, check_tokens, check_sizes, check_rooms, check_comments, check_links, check_quotes,
                       check_doctor):
            self.assertEqual(self.problems(module.check, {}), [], module.__name__)

    def test_problems_end_with_status_1_and_print_the_place(self):
        with tempfile.TemporaryDirectory() as top:
            with open(os.path.join(top, 'a.c'), 'w', encoding='utf-8') as file:
                file.write('int a;\n')
            done = subprocess.run([sys.executable, os.path.join(SCRIPTS, 'check_rooms.py'), '--top', top],
                                  capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn('a.c:1: the first line is not the licence', done.stdout)
        self.assertIn('cure: ', done.stdout)


class Links(Sample):
    def links(self, text, line, words):
        self.expect(check_links.check, {'docs/a.md': text}, 'docs/a.md', line, words)

    def test_page_that_is_not_there(self):
        self.links('# A\n\n[b](b.md)\n', 3, 'the link to b.md points nowhere')

    def test_heading_that_is_not_there(self):
        self.links('# A b\n[x](#a-b) [y](#b)\n', 2, 'docs/a.md has no heading #b')

    def test_path_that_is_not_there(self):
        self.links('`lib/ring/ring.c` and\n`lib/ring/rings.c`\n', 2, '`lib/ring/rings.c` is not there')

    def test_name_that_is_not_there(self):
        self.links('plx_twice() and\nplx_thrice()\n', 2, 'plx_thrice is no name of the code')

    def test_test_that_is_not_there(self):
        self.links('`func_demo` `complaint_rain`\n', 1, 'there is no test func_demo')

    def test_test_of_a_table_that_is_not_there(self):
        page = 'docs/guides/bad-input.md'
        row = '| noise, `no_name` | `what_is_said` | `ring_spsc`, both, `_mpmc`, `e1000_lies` |\n'
        there = {'tests/unit/ring/test_spsc.c': ''}
        self.expect(check_links.check, {**there, page: row}, page, 1, 'there is no test e1000_lies')
        there['fuzz/fuzz_e1000_lies.c'] = ''
        self.assertEqual(self.problems(check_links.check, {**there, page: row}), [])

    def test_complaint_that_is_not_listed(self):
        self.expect(check_links.check, {'docs/complaints.md': '# A\n', 'tests/complaints/complaint_rain.sh': ''},
                    'docs/complaints.md', 1, 'complaint_rain is not listed')

    def test_what_is_there_or_not_ours(self):
        text = ('# A\n[b](../lib/ring/README.md) [c](https://example.org/x) [a](#a) `lib/ring/` `/dev/shm` `x/y` `fuzz_<x>.c`\n'
                '```\n[z](z.md) `lib/ring/none.c`\n```\nplx_ring() of plx_ring_*\n')
        self.assertEqual(self.problems(check_links.check, {'docs/a.md': text}), [])


class Quotes(Sample):
    CODE = LICENCE + '/* About. */\nstruct one {\n\tint a;\n};\n\nstatic struct one two[3] = {\n\t{1},\n};\n\nint\nthree(void)\n{\n\treturn 3;\n}\n'

    def quote(self, fence, text):
        return {'examples/x.c': self.CODE, 'examples/README.md': 'line\n' * 30, 'docs/a.md': f'one\n\n```c {fence}\n{text}```\n'}

    def test_what_is_quoted_must_be_there(self):
        self.expect(check_quotes.check, self.quote('examples/x.c one', 'struct one {\n};\n'), 'docs/a.md', 3, 'is not what stands there')
        self.expect(check_quotes.check, self.quote('examples/x.c', 'int b;\n'), 'docs/a.md', 3, 'is not what stands there')
        self.expect(check_quotes.check, self.quote('examples/x.c four', ''), 'docs/a.md', 3, 'defines no four')
        self.expect(check_quotes.check, self.quote('examples/y.c one', ''), 'docs/a.md', 3, 'is not there')

    def test_structs_variables_functions_and_whole_files(self):
        for fence, text in [('examples/x.c one', 'struct one {\n\tint a;\n};\n'), ('examples/x.c', self.CODE),
                            ('examples/x.c two', 'static struct one two[3] = {\n\t{1},\n};\n'),
                            ('examples/x.c three', 'int\nthree(void)\n{\n\treturn 3;\n}\n')]:
            self.assertEqual(self.problems(check_quotes.check, self.quote(fence, text)), [])


class Layers(Sample):
    def layers(self, path, text, line, words):
        self.expect(check_layers.check, {path: LICENCE + text}, path, line, words)

    def test_upward(self):
        self.layers('lib/base/base.c', '#include "plx_ring.h"\n', 2, 'may not include lib/ring')

    def test_private_of_another(self):
        self.layers('lib/ethdev/a.c', '\n#include "ring_priv.h"\n', 3, 'private to lib/ring')

    def test_another_driver(self):
        files = {'drivers/net/tap/tap.h': header('drivers/net/tap/tap.h'),
                 'drivers/net/null/null.c': LICENCE + '#include "tap.h"\n'}
        self.expect(check_layers.check, files, 'drivers/net/null/null.c', 2, 'may not include drivers/net/tap')

    def test_unknown(self):
        self.layers('lib/ring/a.c', '#include "nowhere.h"\n', 2, 'no header of this tree')

    def test_library_sees_itself_as_users_do(self):
        self.layers('lib/ring/a.c', '#include <pollux/plx_base.h>\n', 2, 'for users')

    def test_program_opens_driver_header(self):
        self.layers('apps/tool/a.c', '#include <pollux/plx_ethdev_driver.h>\n', 2, 'for drivers')

    def test_program_opens_room(self):
        self.layers('apps/tool/a.c', '#include "plx_ring.h"\n', 2, 'not a public header')
        self.layers('examples/a.c', '#include "../lib/ring/ring_priv.h"\n', 2, 'not a public header')

    def test_program_wants_what_is_not_installed(self):
        self.layers('apps/tool/a.c', '#include <pollux/ring_priv.h>\n', 2, 'not installed')

    def test_unit_test_opens_private_header_of_another_room(self):
        self.layers('tests/unit/ethdev/a.c', '#include "ring_priv.h"\n', 2, 'private to lib/ring')

    def test_third_party_in_public_header(self):
        files = {'lib/ring/plx_ring.h': header('lib/ring/plx_ring.h', '#include <pcap/pcap.h>')}
        self.expect(check_layers.check, files, 'lib/ring/plx_ring.h', 5, 'public header includes <pcap/pcap.h>')

    def test_cycle(self):
        files = {'lib/ring/ring_priv.h': header('lib/ring/ring_priv.h', '#include "ring_b.h"'),
                 'lib/ring/ring_b.h': header('lib/ring/ring_b.h', '#include "ring_priv.h"')}
        self.expect(check_layers.check, files, 'lib/ring/ring_priv.h', 5, 'includes this file again')

    def test_comment_is_no_include(self):
        files = {'lib/base/base.c': LICENCE + '/*\n#include "plx_ring.h"\n*/\n'}
        self.assertEqual(self.problems(check_layers.check, files), [])


class Tokens(Sample):
    def tokens(self, path, text, words, line=2):
        self.expect(check_tokens.check, {path: LICENCE + text + '\n'}, path, line, words)

    def test_library_may_not(self):
        for text, words in (('void f(void) { abort(); }', 'ends the process'), ('int x = assert (1);', 'ends the process'),
                            ('void f(void) { printf("x"); }', 'prints'), ('void f(void) { fprintf(stderr, "x"); }', 'prints'),
                            ('int x __attribute__((unused));', '__attribute__'), ('char *f = strcpy(a, b);', 'buffer'),
                            ('volatile int ready;', 'volatile'), ('int x = system("ls");', 'shell')):
            self.tokens('lib/ethdev/a.c', text, words)

    def test_nobody_may(self):
        for text, words in (('/* TO' 'DO */', 'unfinished'), ('int rt' 'e_x;', 'prefix'), ('/* /wo' 'rk/x */', 'one machine'),
                            ('/* see #' '123 */', 'tracker'), ('int x; ', 'blanks')):
            self.tokens('apps/tool/a.c', text, words)

    def test_tests_may_not(self):
        self.tokens('tests/unit/ring/test_a.c', 'char *f = mkdtemp(name);', 'killed')

    def test_comments_strings_and_programs_may(self):
        files = {'lib/ring/a.c': LICENCE + '/* abort() */\nconst char *s = "printf(";\nvoid plx_exit(int);\n',
                 'apps/tool/a.c': LICENCE + 'int main(void) { printf("x"); exit(1); }\n',
                 'bench/a.c': LICENCE + '#include <rt' 'e_eal.h>\n'}
        self.assertEqual(self.problems(check_tokens.check, files), [])


class Sizes(Sample):
    def test_long_file(self):
        self.expect(check_sizes.check, {'lib/ring/a.c': '\n' * 801}, 'lib/ring/a.c', 801, '801 lines')

    def test_errors_that_point_at_the_doctor(self):
        table = {'apps/doctor/check.c': LICENCE + 'const struct check checks[] = {\n\t{"memlock", "m", 1, run},\n};\n'}
        self.expect(check_doctor.check, {**table, 'lib/ring/a.c': 'f(PLX_DOCTOR("memlok"));\n'},
                    'lib/ring/a.c', 1, 'plx-doctor has no check "memlok"')
        self.expect(check_doctor.check, {**table, 'lib/ring/a.c': '\nplx_why(why, -1,\n"needs CAP_BPF");\n'},
                    'lib/ring/a.c', 2, 'does not point at plx-doctor')
        self.assertEqual(self.problems(check_doctor.check, {
            **table, 'lib/ring/a.c': 'plx_why(why, -1, "needs CAP_BPF" PLX_DOCTOR("memlock"));\n'}), [])

    def test_long_function(self):
        text = 'int a;\n\nstatic int\nlong_one(int (*f)(void), char c)\n{\n' + "\tif ('{' == c) { f(); }\n" * 100 + '}\n'
        self.expect(check_sizes.check, {'lib/ring/a.c': text}, 'lib/ring/a.c', 4, 'long_one() has 104 lines')

    def test_long_table_is_no_function(self):
        self.assertEqual(self.problems(check_sizes.check, {'a.c': 'static const int t[] = {\n' + '\t1,\n' * 200 + '};\n'}), [])


class Rooms(Sample):
    def test_licence(self):
        self.expect(check_rooms.check, {'lib/ring/a.c': 'int a;\n'}, 'lib/ring/a.c', 1, 'licence')
        self.expect(check_rooms.check, {'scripts/a.sh': '#!/bin/sh\n'}, 'scripts/a.sh', 1, 'licence')

    def test_guard(self):
        self.expect(check_rooms.check, {'lib/ring/a.h': LICENCE + '#ifndef A_H\n#define A_H\n#endif\n'}, 'lib/ring/a.h', 1, 'guard')

    def test_readme(self):
        self.expect(check_rooms.check, {'lib/ring/README.md': 'x\n'}, 'lib/ring/README.md', 1, '1 lines')
        self.expect(check_rooms.check, {'apps/new/a.c': LICENCE}, 'apps/new', 1, 'without README')

    def test_page_of_headers_that_lacks_one(self):
        every = 'plx_base.h plx_ring.h plx_ethdev.h plx_ethdev_driver.h'
        self.expect(check_rooms.check, {'docs/api.md': every.replace('plx_ring.h ', '')}, 'docs/api.md', 1,
                    'does not name plx_ring.h')
        self.assertEqual(self.problems(check_rooms.check, {'docs/api.md': every}), [])

    def test_table_of_files(self):
        def readme(*rows):
            return {'lib/ring/README.md': '| file | what |\n|---|---|\n' + ''.join(f'| {r} | x |\n' for r in rows) + 'line\n' * 30}

        self.expect(check_rooms.check, readme('`ring.c`'), 'lib/ring/README.md', 1, 'does not name plx_ring.h')
        self.expect(check_rooms.check, readme('`ring.c`, `plx_ring.h`', '`cord.c`'), 'lib/ring/README.md', 1, 'names cord.c, which')
        for rows in (['`ring.c`', '`plx_ring.h`'], ['`*ring`'], ['`ring.[ch]`, `plx_<x>.h`']):
            self.assertEqual(self.problems(check_rooms.check, readme(*rows)), [])


class Comments(Sample):
    def comments(self, body, line, words):
        files = {'lib/ring/plx_ring.h': header('lib/ring/plx_ring.h', body)}
        self.expect(check_comments.check, files, 'lib/ring/plx_ring.h', line, words)

    def test_bare_function(self):
        self.comments('int plx_ring_size(void);', 5, 'plx_ring_size() has no comment')
        self.comments('/* One. */\nint plx_a(void);\n\nstatic inline int\nplx_b(void)\n{\n}\n', 9, 'plx_b() has no comment')

    def test_group_and_line_comments_count(self):
        body = '/* Both. */\nint plx_a(void);\nint plx_b(int x,\n\t  int y);\n\nint plx_c(void); /* this one */\n'
        self.assertEqual(self.problems(check_comments.check, {'lib/ring/plx_ring.h': header('lib/ring/plx_ring.h', body)}), [])

    def test_who_may_call_and_what_it_costs(self):
        path = 'lib/ring/plx_ring.h'
        body = '/* One. Thread: any. Path: hot. */\nint plx_a(void);\n\n/* Other. Path: slow. */\nint plx_b(void);\n'
        files = {path: header(path, body, '/* What it is for. */\n')}
        self.expect(check_comments.check, files, path, 9, 'of plx_b() there is no "Thread:"')
        self.assertEqual(len(self.problems(check_comments.check, files)), 1)
        files = {path: header(path, body, '/* What it is for. Thread: main. */\n')}
        self.assertEqual(self.problems(check_comments.check, files), [])

    def test_header_without_prose(self):
        self.expect(check_comments.check, {'lib/ring/plx_ring.h': header('lib/ring/plx_ring.h', about='')},
                    'lib/ring/plx_ring.h', 2, 'what this header is for')


class Exports(Sample):
    def compare(self, symbols, body):
        files = {'lib/ring/plx_ring.h': header('lib/ring/plx_ring.h', body)}
        return [p[2] for p in self.problems(lambda tree: check_exports.compare(tree, symbols), files)]

    def test_compare(self):
        base = {'plx_twice': True}
        body = ('PLX_BEGIN_DECLS\nstruct plx_ring {\n\tint (*fn)(int x);\n};\n'
                'int plx_ring_a(struct plx_ring *r, void (*plx_cb)(int)) PLX_PRINTF(1, 2);\n'
                'extern PLX_THREAD_HOT int plx_hot;\nextern struct x plx_table[PLX_MAX];\n'
                'typedef int (*plx_fn)(int);\nstatic inline int plx_inline(void) { return 1; }\nPLX_END_DECLS\n')
        all_of_it = {**base, 'plx_ring_a': True, 'plx_hot': False, 'plx_table': False}
        self.assertEqual(self.compare(all_of_it, body), [])
        self.assertEqual(self.compare({**all_of_it, 'plx_more': True}, body),
                         ['plx_more is exported but no public header declares it'])
        del all_of_it['plx_hot'], all_of_it['plx_ring_a']
        self.assertEqual(self.compare(all_of_it, body),
                         ['plx_hot is declared but not in the library', 'plx_ring_a is declared but not in the library'])


class Options(Sample):
    def check(self, tree):
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, 'plx-tool')
            with open(program, 'w', encoding='utf-8') as file:
                file.write('#!/bin/sh\necho "usage: plx-tool [options]"\necho "  -o, --output FILE"\n')
            os.chmod(program, 0o755)
            return list(check_options.check(tree, [program]))

    def test_option_that_is_not_there(self):
        for line in ('`plx-tool --ouput x`', '```sh\nsudo build/plx-tool -v --ouput=x\n```'):
            self.expect(self.check, {'docs/page.md': 'how\n\n' + line + '\n'}, 'docs/page.md', 3 + line.count('sh\n'),
                        'plx-tool has no option --ouput')

    def test_what_is_there_or_not_ours(self):
        for line in ('`plx-tool --output x --help`', '`other --ouput`', '`plx-tool -o - | other --ouput`', 'plx-tool --ouput'):
            self.assertEqual(self.problems(self.check, {'docs/page.md': line + '\n'}), [])


class Tools(unittest.TestCase):
    def run_check(self, script, *args):
        return subprocess.run([sys.executable, os.path.join(SCRIPTS, script), *args], capture_output=True, text=True, check=False)

    def test_header_that_needs_another(self):
        with tempfile.TemporaryDirectory() as top:
            os.mkdir(os.path.join(top, 'pollux'))
            with open(os.path.join(top, 'pollux', 'plx_x.h'), 'w', encoding='utf-8') as file:
                file.write('uint8_t plx_x(void);\n')
            done = self.run_check('check_headers.py', top)
        self.assertEqual(done.returncode, 1)
        self.assertIn('plx_x.h:1: does not compile alone', done.stdout)

    def test_format_and_shell(self):
        for what, name, text, words in (('format', 'a.c', 'int  a ;\n', 'a.c:1:4'),
                                        ('shell', 'a.sh', '#!/bin/sh\nif true; then\n', 'a.sh:1'),
                                        ('shell', 'b.sh', '#!/bin/sh\nrm $1/*\n', 'b.sh:2')):
            with tempfile.TemporaryDirectory() as top:
                with open(os.path.join(top, name), 'w', encoding='utf-8') as file:
                    file.write(text)
                done = self.run_check('check_format.py', what, '--top', top)
            if done.returncode == 77:
                self.skipTest(done.stdout)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stdout)


if __name__ == '__main__':
    unittest.main()
