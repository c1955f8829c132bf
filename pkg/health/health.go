// Package health knows whether a process can do its work: what /readyz answers, on every process.
package health

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// A Check fails when something that the process needs is away.
type Check func(ctx context.Context) error

// patience is how long a check may take before it counts as failed.
const patience = time.Second

// Checks are those of one process. The zero value has none and is not ready.
type Checks struct {
	mu       sync.Mutex
	ready    bool
	starting map[string]bool
	checks   map[string]Check
}

// Add enters a check under a name that operators read.
func (c *Checks) Add(name string, check Check) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.checks == nil {
		c.checks = map[string]Check{}
	}
	c.checks[name] = check
}

// Starting says that a part of the process has begun to start, or, with done, that it has started.
func (c *Checks) Starting(part string, done bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.starting == nil {
		c.starting = map[string]bool{}
	}
	c.starting[part] = !done
}

// Ready says whether the process has started and is not about to stop.
func (c *Checks) Ready(yes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ready = yes
}

// Report is what /readyz answers.
type Report struct {
	Ready  bool              `json:"ready"`
	Checks map[string]string `json:"checks"` // "ok", "away", or "starting" for a part that has not started yet
}

// Run asks every check at the same time.
func (c *Checks) Run(ctx context.Context) Report {
	c.mu.Lock()
	r := Report{Ready: c.ready, Checks: map[string]string{}}
	checks := maps.Clone(c.checks)
	for part, yes := range c.starting {
		if yes {
			r.Checks[part] = "starting"
		}
	}
	c.mu.Unlock()

	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	names := slices.Sorted(maps.Keys(checks))
	answers := make([]string, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() {
			answers[i] = "ok"
			if checks[name](ctx) != nil {
				answers[i] = "away"
			}
		})
	}
	all.Wait()
	for i, name := range names {
		r.Checks[name] = answers[i]
		r.Ready = r.Ready && answers[i] == "ok"
	}
	return r
}
