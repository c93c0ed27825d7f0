// SPDX-License-Identifier: MIT
// Buffered channels of 128 words. Per item.
//
//	buffered    one producer, one consumer
//	contended   eight of each on one channel
package main

import (
	"os"
	"sync"
)

var c = make(chan int64, 128)
var done sync.WaitGroup

func producer(n int) {
	for i := 0; i < n; i++ {
		c <- int64(i)
	}
	done.Done()
}

func consumer(n int) {
	for i := 0; i < n; i++ {
		<-c
	}
	done.Done()
}

func run(pairs, n int) {
	done.Add(2 * pairs)
	for i := 0; i < pairs; i++ {
		go producer(n / pairs)
		go consumer(n / pairs)
	}
	done.Wait()
}

func main() {
	n := count(2)
	pairs := 1
	if os.Args[1] == "contended" {
		pairs = 8
	}
	run(pairs, n/10)
	t := begin()
	run(pairs, n)
	report(os.Args[1], now()-t, n)
}
