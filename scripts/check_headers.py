#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compiles each public header alone, as C11 and as C++17, with every compiler that is there."""

import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys

import tree as t

COMPILERS = [('gcc', 'c', 'c11'), ('g++', 'c++', 'c++17'), ('clang', 'c', 'c11'), ('clang++', 'c++', 'c++17')]
FLAGS = ['-fsyntax-only', '-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter']


def compile_alone(job):
    compiler, language, standard, header, folder = job
    command = [compiler, '-x', language, f'-std={standard}', *FLAGS, f'-I{folder}', '-']
    done = subprocess.run(command, input=f'#include <pollux/{header}>\n', capture_output=True, text=True, check=False)
    return (header, ' '.join(command[:4]), done.stderr) if done.returncode else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('include', help='the folder that has pollux/plx_*.h, in a build: include')
    folder = parser.parse_args().include
    headers = sorted(h for h in os.listdir(os.path.join(folder, 'pollux')) if not h.endswith('_inline.h'))
    there = [c for c in COMPILERS if shutil.which(c[0])]
    jobs = [(*compiler, header, folder) for header in headers for compiler in there]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        problems = [p for p in pool.map(compile_alone, jobs) if p]
    for header, command, errors in problems:
        print(f'{header}:1: does not compile alone with {command}\n{errors}'
              '    cure: include what it uses; no C-only words outside #ifndef __cplusplus')
    print(f'{len(headers)} headers with {", ".join(c[0] for c in there)}')
    sys.exit(1 if problems or not jobs else 0)


if __name__ == '__main__':
    main()
