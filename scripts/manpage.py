#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""manpage.py TEMPLATE PROGRAM...: the manual page, with the options as the program itself tells them.

In the template, a line @OPTIONS@ becomes the program's own options, @EAL_OPTIONS@ those in front of "--", each with its
text from `PROGRAM --help`: a page cannot forget an option, nor tell another story.
"""

import re
import subprocess
import sys

OPTION = re.compile(r'^ {2,6}(-\w(?:, )?)?(--[\w-]+)?( \S+)?(?: {2,}| |$)(.*)')


def sections(text):
    """[(heading, [(letter, name, value, text)])] of a usage text."""
    found = []
    for line in text.split('\n'):
        if re.match(r'^[A-Z]', line):
            found.append((line, []))
            continue
        if not found:
            continue
        rows = found[-1][1]
        match = OPTION.match(line) if line.startswith(('  -', '      --')) else None
        if match:
            rows.append([(match[1] or '').rstrip(', '), match[2] or '', (match[3] or '').strip(), match[4].strip()])
        elif rows and line.startswith(' ' * 16):
            rows[-1][3] += ' ' + line.strip()
    return [(heading, rows) for heading, rows in found if rows]


def escaped(text):
    """A text as mdoc takes it: a sentence a line, no request at its beginning, no lost backslash or minus."""
    text = re.sub(r'(?<=[a-z)][.;]) (?=[A-Z])', '\n', text.replace('\\', '\\e').replace('-', '\\-'))
    return '\\&' + text if text[:1] in ".'" else text


def item(letter, name, value, text):
    flags = ', '.join(escaped(flag) for flag in (letter, name) if flag)
    line = '.It \\fB' + flags.replace(', ', '\\fR, \\fB') + '\\fR'
    if value:
        line += ' \\fI' + escaped(value) + '\\fR'
    return line + '\n' + escaped(text)


def listed(rows):
    return '\n'.join(['.Bl -tag -width Ds'] + [item(*row) for row in rows] + ['.El'])


def main():
    template, *command = sys.argv[1:]
    usage = subprocess.run(command + ['--help'], capture_output=True, check=True, text=True).stdout
    eal = [(h, rows) for h, rows in sections(usage) if h.startswith('EAL options')]
    own = [(h, rows) for h, rows in sections(usage) if not h.startswith('EAL options')]
    with open(template, encoding='utf-8') as file:
        page = file.read()
    if ('@OPTIONS@' in page and not own) or ('@EAL_OPTIONS@' in page and not eal):
        sys.exit(f'manpage.py: no options were found in what {command[0]} --help says')
    page = page.replace('@OPTIONS@\n', ''.join(f'.Ss {h}\n{listed(rows)}\n' for h, rows in own))
    page = page.replace('@EAL_OPTIONS@\n', ''.join(listed(rows) + '\n' for h, rows in eal))
    sys.stdout.write(page)


if __name__ == '__main__':
    main()
