// SPDX-License-Identifier: MIT
// Reads of a file that isn't in memory: 256 goroutines read COUNT pages of
// 4 KiB, in no order and each once. See disk.c.
package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
)

const (
	goroutines = 256
	pageBytes  = 4096
	dontNeed   = 4 // POSIX_FADV_*
	random     = 1
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func makeFile(pages int) *os.File {
	folder := os.Getenv("TMPDIR")
	if folder == "" {
		folder = "/var/tmp"
	}
	file, err := os.CreateTemp(folder, "vine-bench-")
	check(err)
	check(os.Remove(file.Name()))
	page := make([]byte, pageBytes)
	for i := 0; i < pages; i++ {
		for k := range page {
			page[k] = byte(i)
		}
		_, err := file.Write(page)
		check(err)
	}
	return file
}

func forget(file *os.File) {
	check(file.Sync())
	for _, advice := range []uintptr{dontNeed, random} {
		if _, _, e := syscall.Syscall6(syscall.SYS_FADVISE64, file.Fd(), 0, 0,
			advice, 0, 0); e != 0 {
			panic(e)
		}
	}
}

func threads() int {
	text, _ := os.ReadFile("/proc/self/status")
	n := 0
	for _, line := range strings.Split(string(text), "\n") {
		fmt.Sscanf(line, "Threads: %d", &n)
	}
	return n
}

func main() {
	pages := count(1) | 1
	for pages%3 == 0 || pages%23 == 0 || pages%587 == 0 {
		pages += 2 // 40503 is 3 * 23 * 587
	}
	file := makeFile(pages)
	forget(file)
	var all sync.WaitGroup
	all.Add(goroutines)
	t := begin()
	for i := 0; i < goroutines; i++ {
		go func(first int) {
			var page [pageBytes]byte
			for i := first; i < pages; i += goroutines {
				n := i * 40503 % pages
				if _, err := file.ReadAt(page[:], int64(n)*pageBytes); err != nil ||
					page[7] != byte(n) {
					panic(err)
				}
			}
			all.Done()
		}(i)
	}
	all.Wait()
	report("disk", now()-t, pages)
	fmt.Printf("threads %d\n", threads())
}
