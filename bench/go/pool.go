// SPDX-License-Identifier: MIT
// A pool: one producer, 16 workers of 200 multiplications an item, and one
// collector, with buffered channels of 128 words between them. Per item.
package main

import "sync"

const workers = 16

var items, results = make(chan int64, 128), make(chan int64, 128)
var done sync.WaitGroup

func producer(n int) {
	for i := 0; i < n; i++ {
		items <- int64(i)
	}
}

func worker() {
	for item := range items {
		results <- int64(work(uint64(item), 200))
	}
	done.Done()
}

func run(n int) uint64 {
	go producer(n)
	var sum uint64
	for i := 0; i < n; i++ {
		sum += uint64(<-results)
	}
	return sum
}

func sumOf(n int) uint64 {
	var sum uint64
	for i := 0; i < n; i++ {
		sum += work(uint64(i), 200)
	}
	return sum
}

func main() {
	n := count(1)
	done.Add(workers)
	for i := 0; i < workers; i++ {
		go worker()
	}
	if run(n/10) != sumOf(n/10) {
		panic("wrong")
	}
	t := begin()
	run(n)
	report("pool", now()-t, n)
	close(items)
	done.Wait()
}
