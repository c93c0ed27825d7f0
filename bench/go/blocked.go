// SPDX-License-Identifier: MIT
// How well a ticker keeps its pace of 1 ms while 100 goroutines are blocked,
// each for a second, in a system call. COUNT is ticks.
package main

import (
	"fmt"
	"sort"
	"syscall"
	"time"
)

func main() {
	n := count(1)
	late := make([]time.Duration, n)
	for i := 0; i < 100; i++ {
		go func() {
			for {
				t := syscall.Timespec{Sec: 1}
				syscall.Nanosleep(&t, nil)
			}
		}()
	}
	next := time.Now()
	for i := range late {
		next = next.Add(time.Millisecond)
		time.Sleep(time.Until(next))
		late[i] = time.Since(next)
	}
	sort.Slice(late, func(i, j int) bool { return late[i] < late[j] })
	us := func(d time.Duration) float64 { return float64(d) / 1000 }
	fmt.Printf("median %.4f\np99 %.4f\nmax %.4f\n", us(late[n/2]),
		us(late[n*99/100]), us(late[n-1]))
}
