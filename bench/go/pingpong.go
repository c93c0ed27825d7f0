// SPDX-License-Identifier: MIT
// Ping-pong: a value goes to another goroutine and back, over two unbuffered
// channels, by PAIRS (1 or 16) of goroutines at once. Per round trip, which is
// two rendezvous, of any pair.
package main

import (
	"os"
	"strconv"
	"sync"
)

var done sync.WaitGroup

func echo(ping, pong chan int64, n int) {
	for i := 0; i < n; i++ {
		pong <- <-ping
	}
}

func player(n int) {
	ping, pong := make(chan int64), make(chan int64)
	go echo(ping, pong, n)
	for i := 0; i < n; i++ {
		ping <- int64(i)
		if <-pong != int64(i) {
			panic("wrong")
		}
	}
	done.Done()
}

func run(pairs, n int) {
	done.Add(pairs)
	for i := 0; i < pairs; i++ {
		go player(n / pairs)
	}
	done.Wait()
}

func main() {
	n := count(2)
	pairs, _ := strconv.Atoi(os.Args[1])
	run(pairs, n/10)
	t := begin()
	run(pairs, n)
	report("pingpong", now()-t, n)
}
