//go:build linux

package main

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

func TestEveryCallIsCountedOnceAsAnAnswerOrAsAnError(t *testing.T) {
	var calls atomic.Int64
	r := load(t.Context(), 4, 50*time.Millisecond, func(context.Context) error {
		time.Sleep(time.Millisecond)
		if calls.Add(1)%2 == 0 {
			return errors.New("no")
		}
		return nil
	})
	if got := int64(len(r.answers) + r.errors); got != calls.Load() || r.errors == 0 || len(r.answers) == 0 {
		t.Errorf("%d answers and %d errors of %d calls", len(r.answers), r.errors, calls.Load())
	}
	if r.took < 50*time.Millisecond || r.percentile(50) < time.Millisecond || r.percentile(99) < r.percentile(50) {
		t.Errorf("took %s, p50 %s, p99 %s", r.took, r.percentile(50), r.percentile(99))
	}
}

func TestCallersStopWhenTheRunEnds(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	end()
	if r := load(ctx, 2, time.Hour, func(context.Context) error { return nil }); len(r.answers) != 0 {
		t.Errorf("%d calls after the end", len(r.answers))
	}
}
