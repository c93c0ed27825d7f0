#!/bin/sh
# SPDX-License-Identifier: MIT
#
# instead THIS COMPILER ARGUMENTS...: a launcher, as build systems put before
# the compiler's name; runs THIS with the arguments instead of COMPILER.
this=$1
shift 2
exec "$this" "$@"
