// SPDX-License-Identifier: MIT
// Fork and join: a tree of goroutines. Each starts two and waits for both, down
// to the leaves; each counts itself. Whole trees of DEPTH levels, one after
// another, COUNT nodes in all or little more. Per node.
package main

import "sync"

const depth = 14 // 16,383 nodes

func node(depth int, nodes *int, up *sync.WaitGroup) {
	var below [2]int
	if depth > 1 {
		var done sync.WaitGroup
		done.Add(2)
		go node(depth-1, &below[0], &done)
		go node(depth-1, &below[1], &done)
		done.Wait()
	}
	*nodes = 1 + below[0] + below[1]
	up.Done()
}

func run(n int) int {
	sum := 0
	for sum < n {
		var done sync.WaitGroup
		var nodes int
		done.Add(1)
		go node(depth, &nodes, &done)
		done.Wait()
		if nodes != 1<<depth-1 {
			panic("wrong")
		}
		sum += nodes
	}
	return sum
}

func main() {
	n := count(1)
	run(n / 10)
	t := begin()
	nodes := run(n)
	report("tree", now()-t, nodes)
}
