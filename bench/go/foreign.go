// SPDX-License-Identifier: MIT
// A call to C through cgo, over a call of a Go function. Per call.
package main

// #include <stdint.h>
// static int64_t __attribute__((noinline)) f(int64_t x) { return x + 1; }
import "C"

import (
	"fmt"
)

//go:noinline
func plain(x int64) int64 { return x + 1 }

func main() {
	n := count(1)
	t, x := now(), C.int64_t(0)
	for i := 0; i < n; i++ {
		x = C.f(x)
	}
	d := (now() - t)
	t = now()
	y := int64(0)
	for i := 0; i < n; i++ {
		y = plain(y)
	}
	p := (now() - t)
	if int(x) != n || int(y) != n {
		fmt.Println("wrong")
	}
	report("plain", p, n)
	report("over", d-p, n)
}
