// Package rpc is the only place that knows how our Kitex servers and clients are set up: how they find each other in
// etcd, how long they wait, what is tried again, and what may cross the wire.
package rpc

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/oklog/ulid/v2"
)

// Node is what a process brings to every server and client it builds.
type Node struct {
	Discovery     Discovery // nil: this process is on its own
	Local         *Local    // servers of this process that are called without the network; nil: none
	Version, Zone string    // told to everyone who looks at the list

	// Proof is what callers show and servers ask for: whoever has another, or none, is refused with
	// errno.OtherSecret. "" asks for nothing.
	Proof string
}

// Server says how one Kitex server of a process is reached.
type Server struct {
	Service string // its name in etcd
	Listen  string // host:port, port 0 = any; "" = only for callers in the same process

	// Advertise is the host or host:port to publish instead of the address it listens on. Without it, a wildcard
	// host becomes the address of the default route.
	Advertise string
	Weight    int // its share of the calls; 0 = 10
}

// defaultWeight is the share of calls of an instance that does not say.
const defaultWeight = 10

// Announce lists something that is not a Kitex server, such as the gateway, until ctx ends. It listens on bound; of s,
// Listen does not matter. It calls listed once, when others can find it, and returns when the entry is gone, or after
// two seconds in which etcd did not answer.
func (n *Node) Announce(ctx context.Context, s Server, bound net.Addr, listed func()) error {
	address, err := advertise(ctx, bound, s.Advertise)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Service, err)
	}
	return n.announce(ctx, s, address, listed)
}

func (n *Node) announce(ctx context.Context, s Server, address string, listed func()) error {
	if n.Discovery == nil {
		listed()
		<-ctx.Done()
		return nil
	}
	weight := s.Weight
	if weight <= 0 {
		weight = defaultWeight
	}
	return n.Discovery.Announce(ctx, Instance{
		ID:      ulid.Make().String(),
		Service: s.Service,
		Address: address,
		Version: n.Version,
		Zone:    n.Zone,
		Weight:  weight,
		Started: time.Now().UTC().Truncate(time.Second),
	}, listed)
}
