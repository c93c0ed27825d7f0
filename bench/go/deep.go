// SPDX-License-Identifier: MIT
// A recursion of 10,000 frames, each with four values that live across the
// call. Microseconds per descent:
//
//	cold    the first one of the process
//	again   the first one of another goroutine (average of COUNT)
//	warm    a second one of the same goroutine
package main

import (
	"fmt"
	"time"
)

const frames = 10000

var last, again, warm time.Duration
var done = make(chan bool)
var sink int64

//go:noinline
func descend(n, a, b int64) int64 {
	if n == 0 {
		return a + b
	}
	x, y := a+n, b^n
	r := descend(n-1, y, x)
	return r + x - y
}

func task() {
	t := now()
	sink += descend(frames, 1, 2)
	t1 := now()
	sink += descend(frames, 1, 2)
	last = t1 - t
	again += last
	warm += (now() - t1)
	done <- true
}

func one() {
	go task()
	<-done
}

func main() {
	n := count(1)
	one()
	fmt.Printf("cold %.3f\n", float64(last)/1000)
	again, warm = 0, 0
	for i := 0; i < n; i++ {
		one()
	}
	report("again", again, n*1000)
	report("warm", warm, n*1000)
}
