// SPDX-License-Identifier: MIT
// Skynet (github.com/atemerev/skynet): a goroutine starts ten, each of which
// starts ten, until there are COUNT leaves, which send their numbers up; every
// node sends the sum of its ten, through an unbuffered channel. Per leaf.
package main

func node(up chan int64, num, size int64) {
	if size == 1 {
		up <- num
		return
	}
	c := make(chan int64)
	for i := int64(0); i < 10; i++ {
		go node(c, num+i*(size/10), size/10)
	}
	var sum int64
	for i := 0; i < 10; i++ {
		sum += <-c
	}
	up <- sum
}

func run(n int64) {
	c := make(chan int64)
	go node(c, 0, n)
	if <-c != n*(n-1)/2 {
		panic("wrong")
	}
}

func main() {
	n := count(1)
	t := begin()
	run(int64(n))
	report("skynet", now()-t, n)
}
