package rpc

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cloudwego/kitex/pkg/discovery"
)

// remembering asks the resolver of the library at most every pollEvery, and answers with what it knew last while etcd
// is away or empty; see service.learn for why.
type remembering struct {
	discovery.Resolver
	name string

	// spawn runs f in a goroutine; end interrupts all of them and waits.
	spawn func(f func(context.Context))
	end   func()

	mu     sync.Mutex
	closed bool
	known  map[string]*remembered
}

type remembered struct {
	result discovery.Result
	next   time.Time // when to ask again
}

const pollEvery = 2 * time.Second

func newRemembering(r discovery.Resolver, name string) *remembering {
	spawn, end := workers()
	return &remembering{Resolver: r, name: name, spawn: spawn, end: end, known: map[string]*remembered{}}
}

func (r *remembering) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.end()
}

// Name implements discovery.Resolver.
func (r *remembering) Name() string { return r.name }

// Diff implements discovery.Resolver.
func (r *remembering) Diff(key string, prev, next discovery.Result) (discovery.Change, bool) {
	return diff(key, prev, next)
}

// Resolve implements discovery.Resolver. It waits for etcd only while nothing is known: Kitex refreshes all services
// together, and one that waits would hold up the others.
func (r *remembering) Resolve(ctx context.Context, service string) (discovery.Result, error) {
	if known := r.recall(service); known != nil {
		return *known, nil
	}
	return r.ask(ctx, service)
}

// recall returns what is known, and has it renewed when it is old.
func (r *remembering) recall(service string) *discovery.Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.known[service]
	if k == nil {
		return nil
	}
	if !r.closed && time.Now().After(k.next) {
		k.next = time.Now().Add(pollEvery)
		r.spawn(func(ctx context.Context) { _, _ = r.ask(ctx, service) }) // on failure, what is known stands
	}
	return &k.result
}

// ask asks etcd, and remembers a list that is not empty.
func (r *remembering) ask(ctx context.Context, service string) (discovery.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	now, err := r.Resolver.Resolve(ctx, service)
	if err != nil {
		return discovery.Result{}, err
	}
	now.Instances = slices.DeleteFunc(now.Instances, func(in discovery.Instance) bool {
		return !reachable(in.Address().Network(), in.Address().String())
	})
	if len(now.Instances) == 0 {
		return discovery.Result{}, fmt.Errorf("no instance of %s is known", service)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known[service] = &remembered{result: now, next: time.Now().Add(pollEvery)}
	return now, nil
}
