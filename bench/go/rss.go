// SPDX-License-Identifier: MIT
// How much memory does a goroutine take that only waits? COUNT of them wait in
// a WaitGroup. Bytes of RSS per goroutine.
package main

import (
	"os"
	"sync"
	"sync/atomic"
	"time"
)

var gate, done sync.WaitGroup
var started atomic.Int64

func waiter() {
	started.Add(1)
	gate.Wait()
	done.Done()
}

func main() {
	n := count(2)
	before := rss()
	gate.Add(1)
	done.Add(n)
	for i := 0; i < n; i++ {
		go waiter()
	}
	for started.Load() < int64(n) {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond)
	report(os.Args[1], time.Duration(rss()-before), n)
	gate.Done()
	done.Wait()
}
