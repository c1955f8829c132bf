// Package run starts the parts of a process in order and stops them in reverse.
package run

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// A Part is one thing a process runs: a server, a service, an embedded etcd.
type Part struct {
	Name string

	// Run starts the part, calls ready once others may depend on it, and returns when ctx ends (nil) or when it
	// fails (why).
	Run func(ctx context.Context, ready func()) error
}

// All runs the parts until ctx ends or one of them fails. A part starts when the one before it is ready and stops
// after every one behind it has stopped. The error names the part that failed.
func All(ctx context.Context, parts ...Part) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()

	var started []running
	for _, p := range parts {
		r := start(ctx, p, stop)
		started = append(started, r)
		select {
		case <-r.ready:
			continue
		case <-ctx.Done():
		}
		break
	}
	<-ctx.Done()

	var errs []error
	for i := len(started) - 1; i >= 0; i-- {
		started[i].cancel()
		errs = append(errs, <-started[i].done)
	}
	return errors.Join(errs...)
}

type running struct {
	cancel context.CancelFunc
	ready  chan struct{}
	done   chan error
}

// start runs p with a context that ends only by cancel, so that it may outlive the parts behind it; if p returns by
// itself, everyone is told to stop.
func start(ctx context.Context, p Part, stopAll func()) running {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := running{cancel: cancel, ready: make(chan struct{}), done: make(chan error, 1)}
	go func() {
		defer stopAll()
		r.done <- named(p.Name, p.Run(ctx, sync.OnceFunc(func() { close(r.ready) })))
	}()
	return r
}

func named(part string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", part, err)
}
