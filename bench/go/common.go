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

var switchesBefore int64 = -1 // -1: not counting

// Voluntary ones of all threads.
func switches() int64 {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return r.Nvcsw
}

// now, and counts switches from here on.
func begin() time.Duration {
	switchesBefore = switches()
	return now()
}

func report(name string, d time.Duration, ops int) {
	fmt.Printf("%s %.4f\n", name, float64(d)/float64(ops))
	if switchesBefore < 0 {
		return
	}
	n := switches() - switchesBefore
	switchesBefore = -1
	fmt.Printf("switches %.6f\n", float64(n)/float64(ops))
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

// Work without memory; see work.h.
func work(x uint64, n int) uint64 {
	for i := 0; i < n; i++ {
		x = x*x + 1442695040888963407
	}
	return x
}
