// SPDX-License-Identifier: MIT
// Select over 2 or 8 unbuffered channels: one goroutine sends to each in turn,
// the other receives by select, and mostly has to wait. Per item.
package main

var c [8]chan int64

func sender(cases, n int) {
	for i := 0; i < n; i++ {
		c[i%cases] <- int64(i)
	}
}

func receive2(n int) (sum int64) {
	for i := 0; i < n; i++ {
		select {
		case v := <-c[0]:
			sum += v
		case v := <-c[1]:
			sum += v
		}
	}
	return
}

func receive8(n int) (sum int64) {
	for i := 0; i < n; i++ {
		select {
		case v := <-c[0]:
			sum += v
		case v := <-c[1]:
			sum += v
		case v := <-c[2]:
			sum += v
		case v := <-c[3]:
			sum += v
		case v := <-c[4]:
			sum += v
		case v := <-c[5]:
			sum += v
		case v := <-c[6]:
			sum += v
		case v := <-c[7]:
			sum += v
		}
	}
	return
}

func run(cases, n int) {
	go sender(cases, n)
	var sum int64
	if cases == 2 {
		sum = receive2(n)
	} else {
		sum = receive8(n)
	}
	if sum != int64(n)*int64(n-1)/2 {
		panic("wrong")
	}
}

func main() {
	n, cases := count(2), count(1)
	for i := range c {
		c[i] = make(chan int64)
	}
	run(cases, n/10)
	t := begin()
	run(cases, n)
	report("select", now()-t, n)
}
