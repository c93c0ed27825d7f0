// SPDX-License-Identifier: MIT
// Timers.
//
//	insert     starts COUNT timers with random deadlines, all far away, and
//	           then stops each. Per timer, both together.
//	sleepers   COUNT goroutines sleep for 100 ms each. Wall time per goroutine
//	           until all have ended, starting them and the sleep included.
//	periodic   10,000 goroutines sleep for 10 ms again and again, COUNT times
//	           in all. Processor time per sleep, since wall time would mostly
//	           be the sleep.
package main

import (
	"os"
	"sync"
	"time"
)

var done sync.WaitGroup

func sleeper() {
	time.Sleep(100 * time.Millisecond)
	done.Done()
}

func sleepers(n int) {
	done.Add(n)
	for i := 0; i < n; i++ {
		go sleeper()
	}
	done.Wait()
}

const periodicSleepers = 10000

func periodicSleeper(n int) {
	for i := 0; i < n; i++ {
		time.Sleep(10 * time.Millisecond)
	}
	done.Done()
}

func periodic(n int) {
	done.Add(periodicSleepers)
	for i := 0; i < periodicSleepers; i++ {
		go periodicSleeper(n / periodicSleepers)
	}
	done.Wait()
}

// In the heap from the start: since Go 1.23 a timer with a channel is there
// only while somebody waits for the channel, which would be less work.
func insert(t []*time.Timer) {
	x := uint64(1)
	for i := range t {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		t[i] = time.AfterFunc(time.Hour+time.Duration(x>>24), func() {})
	}
	for i := range t {
		t[i].Stop()
	}
}

func main() {
	n := count(2)
	if os.Args[1] == "periodic" {
		isCPU = true
		n = (n + periodicSleepers - 1) / periodicSleepers * periodicSleepers
	}
	timers := make([]*time.Timer, n)
	t := begin()
	switch os.Args[1] {
	case "insert":
		insert(timers)
	case "periodic":
		periodic(n)
	default:
		sleepers(n)
	}
	report(os.Args[1], now()-t, n)
}
