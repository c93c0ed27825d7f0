// SPDX-License-Identifier: MIT
// A mutex around a counter. Per lock and unlock.
//
//	uncontended   one goroutine
//	contended     eight goroutines
package main

import (
	"os"
	"sync"
)

var m sync.Mutex
var done sync.WaitGroup
var counter int

func locker(n int) {
	for i := 0; i < n; i++ {
		m.Lock()
		counter++
		m.Unlock()
	}
	done.Done()
}

func run(goroutines, n int) {
	counter = 0
	done.Add(goroutines)
	for i := 0; i < goroutines; i++ {
		go locker(n / goroutines)
	}
	done.Wait()
	if counter != n/goroutines*goroutines {
		panic("wrong")
	}
}

func main() {
	n, goroutines := count(2), 1
	if os.Args[1] == "contended" {
		goroutines = 8
	}
	run(goroutines, n/10)
	t := now()
	run(goroutines, n)
	report(os.Args[1], now()-t, n)
}
