// SPDX-License-Identifier: MIT
// ../http.c with Go's net/http.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

func main() {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	page := func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "Hello, world\n")
	}
	fmt.Fprintln(os.Stderr, http.Serve(l, http.HandlerFunc(page)))
	os.Exit(1)
}
