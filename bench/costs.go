//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

const (
	starts   = 5
	idleTime = 5 * time.Second
)

// costs are what a server costs that does nothing.
type costs struct {
	start  time.Duration // median, from the start of the process until /readyz says 200
	memory int64         // bytes
	binary int64         // bytes
}

func measureCosts(ctx context.Context, l *lab) (costs, error) {
	var took []time.Duration
	var c costs
	for n := range starts {
		one, memory, err := l.startOnce(ctx, n == starts-1)
		if err != nil {
			return c, err
		}
		took, c.memory = append(took, one), memory
	}
	slices.Sort(took)
	c.start = took[starts/2]
	file, err := os.Stat(l.tutti())
	if err != nil {
		return c, err
	}
	c.binary = file.Size()
	return c, nil
}

// startOnce measures one start and, if asked, how much memory the process has after a while in which nobody calls it.
func (l *lab) startOnce(ctx context.Context, idle bool) (took time.Duration, memory int64, err error) {
	began := time.Now()
	p, address, err := l.allInOne(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer p.stop()
	if err := await(ctx, readiness(address)); err != nil {
		return 0, 0, err
	}
	took = time.Since(began)
	if !idle {
		return took, 0, nil
	}
	select {
	case <-time.After(idleTime):
	case <-ctx.Done():
		return 0, 0, context.Cause(ctx)
	}
	memory, err = p.memory()
	return took, memory, err
}

func (c costs) print(out io.Writer) {
	_, _ = fmt.Fprintf(out, "\n| all in one | |\n|---|---:|\n")
	_, _ = fmt.Fprintf(out, "| start on an empty folder until /readyz is 200, median of %d | %.0f ms |\n", starts, millis(c.start))
	_, _ = fmt.Fprintf(out, "| memory (RSS) after %.0f s without a request | %.0f MB |\n", idleTime.Seconds(), float64(c.memory)/1e6)
	_, _ = fmt.Fprintf(out, "| the binary | %.1f MB |\n", float64(c.binary)/1e6)
}
