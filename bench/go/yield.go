// SPDX-License-Identifier: MIT
// Yield: two goroutines give way to each other. Per switch.
package main

import (
	"runtime"
	"sync"
)

var done sync.WaitGroup

func yielder(n int) {
	for i := 0; i < n; i++ {
		runtime.Gosched()
	}
	done.Done()
}

func run(n int) {
	done.Add(2)
	go yielder(n / 2)
	go yielder(n / 2)
	done.Wait()
}

func main() {
	n := count(1)
	run(n / 10)
	t := begin()
	run(n)
	report("yield", now()-t, n)
}
