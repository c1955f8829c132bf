//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// describe prints what one must know to compare the figures with others.
func describe(out io.Writer) error {
	model, err := processor()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s, %d cores, %s %s/%s.\n", model, runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(out, "The callers share the cores with what they call; CPU is that of the called processes only.\n\n")
	return err
}

// processor is the name of the CPU, or the architecture where Linux does not tell.
func processor() (string, error) {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value), nil
		}
	}
	return runtime.GOARCH, nil
}
