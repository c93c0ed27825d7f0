// SPDX-License-Identifier: MIT
// Ping-pong beside a goroutine that only computes, on one processor. Per round
// trip; "hog" is the hog's share of the time, 0.5 when it is fair. COUNT round
// trips, or those of two seconds: one for each of the hog's slices takes hours.
package main

import (
	"fmt"
	"time"
)

var ping, pong = make(chan int64), make(chan int64)
var stop bool
var hogTurns int
var x int64

const turn = 1000
const limit = 2 * time.Second

//go:noinline
func add(i int64) { x += i }

func compute() {
	for i := int64(0); i < turn; i++ {
		add(i)
	}
}

func hog() {
	for !stop {
		compute()
		hogTurns++
	}
}

func echo(n int) {
	for i := 0; i < n; i++ {
		pong <- <-ping
	}
}

func main() {
	n, t := count(1), now()
	for i := 0; i < 10000; i++ {
		compute()
	}
	turnNs := float64((now() - t)) / 10000
	go hog()
	go echo(n)
	t = now()
	i := 0
	for ; i < n && (i%64 != 0 || now()-t < limit); i++ {
		ping <- int64(i)
		if <-pong != int64(i) {
			panic("wrong")
		}
	}
	d := (now() - t)
	stop = true
	report("pingpong", d, i)
	fmt.Printf("hog %.3f\n", float64(hogTurns)*turnNs/float64(d))
}
