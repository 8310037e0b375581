/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLX_APPS_COMMON_FAULTS_H
#define PLX_APPS_COMMON_FAULTS_H

#include <pollux/plx_ethdev.h>

/*
 * Files of a port that ended with an error and packets that could not be written into one. The driver's log
 * says which and why; a program that met any does not end as if all had gone well.
 */
uint64_t faults_of_files(uint16_t port);

#endif
