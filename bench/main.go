//go:build linux

// Bench measures Tutti on the machine it runs on and prints Markdown tables: what the gateway, the services and the
// frameworks below them do a second, how long a start takes, and what an idle server costs. It builds the binary,
// starts real processes on loopback with folders of their own, and removes everything when it ends. It runs on Linux
// only: processor time and memory are read from /proc.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C kills
	err := command(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// command runs the benchmark, or the process of it that args name.
func command(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 2 && args[0] == helloArgument {
		return serveHello(ctx, args[1])
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	return bench(ctx, o, out)
}

// bench prints all tables that o asks for. It fails when something under test cannot be started, ends by itself, or
// answers nothing but errors.
func bench(ctx context.Context, o options, out io.Writer) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	l, err := newLab(fail)
	if err != nil {
		return err
	}
	defer l.close()
	err = tables(ctx, l, o, out)
	if ended := context.Cause(ctx); ended != nil {
		return ended // whatever else went wrong is its consequence
	}
	return err
}

func tables(ctx context.Context, l *lab, o options, out io.Writer) error {
	if err := describe(out); err != nil {
		return err
	}
	if err := l.build(ctx); err != nil {
		return err
	}
	rows, err := requests(ctx, l, o, out)
	if err != nil {
		return err
	}
	printRatio(out, rows)
	if !o.wants(startRow) {
		return nil
	}
	c, err := measureCosts(ctx, l)
	if err != nil {
		return err
	}
	c.print(out)
	return nil
}
