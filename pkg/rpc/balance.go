package rpc

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/cloudwego/kitex/pkg/discovery"
	"github.com/cloudwego/kitex/pkg/loadbalance"
)

// balancer is Kitex' weighted round robin, except that an instance which failed is not picked again in the same call.
type balancer struct {
	loadbalance.Loadbalancer
	loadbalance.Rebalancer
}

func newBalancer() balancer {
	b := loadbalance.NewWeightedRoundRobinBalancer()
	r, _ := b.(loadbalance.Rebalancer) // it is; without, Kitex would not tell it of changes
	return balancer{b, r}
}

// Name implements loadbalance.Loadbalancer.
func (balancer) Name() string { return "tutti" }

// GetPicker implements loadbalance.Loadbalancer.
func (b balancer) GetPicker(r discovery.Result) loadbalance.Picker {
	return picker{b.Loadbalancer.GetPicker(r), r.Instances}
}

type picker struct {
	loadbalance.Picker
	all []discovery.Instance
}

// Next implements loadbalance.Picker. It returns nil when nobody is left to try.
func (p picker) Next(ctx context.Context, request any) discovery.Instance {
	s, _ := ctx.Value(seenKey{}).(*seen)
	if s == nil {
		return p.Picker.Next(ctx, request)
	}
	return s.pick(p.Picker.Next(ctx, request), p.all)
}

type seenKey struct{}

// seen is what one call has learned about the instances.
type seen struct {
	mu      sync.Mutex
	last    string   // picked, and nothing bad heard of it
	refused []string // could not be connected to
	broken  []string // connected to, but the connection ended
}

// broke notes that the last one picked was connected to.
func (s *seen) broke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = append(s.broken, s.last)
	s.last = ""
}

// pick returns first, or another of all if that one failed before. An instance that broke a connection is better than
// none, for it may have been restarted since; one that refused is not.
func (s *seen) pick(first discovery.Instance, all []discovery.Instance) discovery.Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last != "" { // asked again without broke: it could not be connected to
		s.refused = append(s.refused, s.last)
		s.last = ""
	}
	if first == nil {
		return nil
	}
	if len(s.refused)+len(s.broken) == 0 {
		s.last = first.Address().String()
		return first
	}
	offset := rand.N(len(all) + 1)
	others := slices.Concat([]discovery.Instance{first}, all[min(offset, len(all)):], all[:min(offset, len(all))])
	for _, avoid := range [][]string{slices.Concat(s.refused, s.broken), s.refused} {
		for _, in := range others {
			if a := in.Address().String(); !slices.Contains(avoid, a) {
				s.last = a
				return in
			}
		}
	}
	return nil
}
