// SPDX-License-Identifier: MIT
// A mutex around a counter. Per lock and unlock.
//
//	uncontended   one goroutine
//	contended     eight goroutines
//	work          64 goroutines, with 50 multiplications inside and 200 outside
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

func worker(n int) {
	x := uint64(n)
	for i := 0; i < n; i++ {
		m.Lock()
		x = work(x, 50)
		counter++
		m.Unlock()
		x = work(x, 200)
	}
	if x == 0 { // keeps the work
		panic("wrong")
	}
	done.Done()
}

func run(goroutines, n int) {
	counter = 0
	done.Add(goroutines)
	for i := 0; i < goroutines; i++ {
		if goroutines == 64 {
			go worker(n / goroutines)
		} else {
			go locker(n / goroutines)
		}
	}
	done.Wait()
	if counter != n/goroutines*goroutines {
		panic("wrong")
	}
}

func main() {
	n, goroutines := count(2), 1
	switch os.Args[1] {
	case "contended":
		goroutines = 8
	case "work":
		goroutines = 64
	}
	run(goroutines, n/10)
	t := begin()
	run(goroutines, n)
	report(os.Args[1], now()-t, n)
}
