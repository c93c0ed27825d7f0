// SPDX-License-Identifier: MIT
// What all questions share; see bench.h.
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var start = time.Now()
var isCPU = os.Getenv("BENCH_CLOCK") == "cpu"

// Wall time, or the processor time of the whole process.
func now() time.Duration {
	if !isCPU {
		return time.Since(start)
	}
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func count(at int) int {
	if len(os.Args) > at {
		if n, err := strconv.Atoi(os.Args[at]); err == nil && n > 0 {
			return n
		}
	}
	fmt.Fprintln(os.Stderr, "usage: [variant] count (see bench/run)")
	os.Exit(2)
	return 0
}

func report(name string, d time.Duration, ops int) {
	fmt.Printf("%s %.4f\n", name, float64(d)/float64(ops))
}

func rss() int {
	text, _ := os.ReadFile("/proc/self/smaps_rollup")
	for _, line := range strings.Split(string(text), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "Rss:" {
			kib, _ := strconv.Atoi(f[1])
			return kib * 1024
		}
	}
	return 0
}
