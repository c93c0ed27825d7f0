// SPDX-License-Identifier: MIT
// Spawn and exit: goroutines that only say that they ran, a thousand at a
// time, and a wait for each thousand. Per goroutine.
package main

import (
	"sync"
)

const batch = 1000

var done sync.WaitGroup

func task() { done.Done() }

func run(n int) {
	for ; n > 0; n -= batch {
		done.Add(batch)
		for i := 0; i < batch; i++ {
			go task()
		}
		done.Wait()
	}
}

func main() {
	n := count(1) / batch * batch
	run(n / 10)
	t := begin()
	run(n)
	report("spawn", now()-t, n)
}
