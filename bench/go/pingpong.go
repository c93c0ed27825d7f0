// SPDX-License-Identifier: MIT
// Ping-pong: a value goes to another goroutine and back, over two unbuffered
// channels. Per round trip, which is two rendezvous.
package main

var ping, pong = make(chan int64), make(chan int64)

func echo(n int) {
	for i := 0; i < n; i++ {
		pong <- <-ping
	}
}

func run(n int) {
	go echo(n)
	for i := 0; i < n; i++ {
		ping <- int64(i)
		if <-pong != int64(i) {
			panic("wrong")
		}
	}
}

func main() {
	n := count(1)
	run(n / 10)
	t := now()
	run(n)
	report("pingpong", now()-t, n)
}
