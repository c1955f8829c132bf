//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// warmUp goes before each measurement: connections are made, caches filled.
const warmUp = time.Second

// concurrencies are the numbers of callers that each row is measured with.
func concurrencies() []int { return []int{1, 16, 64} }

// row is one measurement.
type row struct {
	name, what string
	callers    int
	result     result
	cpu        time.Duration // of all processes under test, per call
}

// requests measures the rows that o asks for, and prints each as soon as it is known.
func requests(ctx context.Context, l *lab, o options, out io.Writer) ([]row, error) {
	var rows []row
	for _, st := range stages() {
		if !o.wants(st.rows...) {
			continue
		}
		if len(rows) == 0 {
			printHead(out)
		}
		found, err := st.measure(ctx, l, o, out)
		if err != nil {
			return nil, err
		}
		rows = append(rows, found...)
	}
	return rows, nil
}

// measure runs the stage's system while its rows are measured.
func (st stage) measure(ctx context.Context, l *lab, o options, out io.Writer) ([]row, error) {
	s := &system{}
	defer s.stop()
	if err := st.build(ctx, l, s); err != nil {
		return nil, err
	}
	var rows []row
	for _, name := range st.rows {
		if !o.wants(name) {
			continue
		}
		for _, callers := range concurrencies() {
			r := row{name: name, what: s.targets[name].what, callers: callers}
			if err := r.measure(ctx, s.targets[name], o.length); err != nil {
				return nil, fmt.Errorf("%s, %d callers: %w", name, callers, err)
			}
			r.print(out)
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// measure fills in the row. It fails when there was not one right answer.
func (r *row) measure(ctx context.Context, t target, length time.Duration) error {
	do, hangUp, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer hangUp()
	load(ctx, r.callers, warmUp, do)
	before, err := used(t.processes)
	if err != nil {
		return err
	}
	r.result = load(ctx, r.callers, length, do)
	after, err := used(t.processes)
	if err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if len(r.result.answers) == 0 {
		return fmt.Errorf("no right answer: %w", r.result.err)
	}
	if r.result.errors > 0 {
		slog.WarnContext(ctx, "some calls failed", "row", r.name, "callers", r.callers, "one", r.result.err)
	}
	r.cpu = (after - before) / time.Duration(len(r.result.answers)+r.result.errors)
	return nil
}
