//go:build linux

package main

import (
	"context"
	"slices"
	"sync"
	"time"
)

// result is what so many callers saw.
type result struct {
	took    time.Duration   // until the last answer was there
	answers []time.Duration // how long each right answer took, in order of length
	errors  int
	err     error // one of them
}

// load lets so many callers call at the same time, each again as soon as it has its answer, for the given length. Calls
// that run when it is over are waited for.
func load(ctx context.Context, callers int, length time.Duration, do call) result {
	parts := make([]result, callers)
	var all sync.WaitGroup
	began := time.Now()
	for i := range parts {
		all.Go(func() { parts[i] = repeat(ctx, began.Add(length), do) })
	}
	all.Wait()
	sum := result{took: time.Since(began)}
	for _, p := range parts {
		sum.answers = append(sum.answers, p.answers...)
		sum.errors += p.errors
		if p.err != nil {
			sum.err = p.err
		}
	}
	slices.Sort(sum.answers)
	return sum
}

// repeat is one caller.
func repeat(ctx context.Context, until time.Time, do call) result {
	var r result
	for began := time.Now(); began.Before(until) && ctx.Err() == nil; {
		err := do(ctx)
		now := time.Now()
		if err == nil {
			r.answers = append(r.answers, now.Sub(began))
		} else {
			r.errors, r.err = r.errors+1, err
		}
		began = now
	}
	return r
}

func (r result) perSecond() float64 { return float64(len(r.answers)) / r.took.Seconds() }

// percentile returns the time in which so many of a hundred answers were there.
func (r result) percentile(p int) time.Duration { return r.answers[(len(r.answers)-1)*p/100] }
