// SPDX-License-Identifier: MIT
// An empty instrumented object: the program's main is in not_started_test.c,
// which plain clang compiles.
int vine_tests_not_started;
