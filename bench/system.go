//go:build linux

package main

import (
	"context"
	"slices"
)

// target is what one row of the table calls.
type target struct {
	what      string     // in the table
	processes []*process // whose processor time a call takes
	// open returns a call that is good for one measurement, and what ends its connections.
	open func(ctx context.Context) (do call, hangUp func(), err error)
}

// system is what runs while some rows are measured.
type system struct {
	targets map[string]target
	stops   []func()
}

// later makes f part of stopping the system.
func (s *system) later(f func()) { s.stops = append(s.stops, f) }

// stop ends the system, what started last first.
func (s *system) stop() {
	for _, f := range slices.Backward(s.stops) {
		f()
	}
}

// stage is a system and the rows that need it. Nothing else runs meanwhile.
type stage struct {
	rows  []string
	build func(ctx context.Context, l *lab, s *system) error // what it has started when it fails is in s
}

func stages() []stage {
	return []stage{
		{[]string{"hello"}, buildHello},
		{[]string{"direct", "gateway", "login"}, buildCluster},
		{[]string{"all-in-one"}, buildAllInOne},
	}
}
