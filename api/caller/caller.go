// Package caller says who makes an HTTP request and from where.
package caller

import (
	"context"

	"github.com/oklog/ulid/v2"

	"github.com/tutti-music/tutti/kitex_gen/user"
	"github.com/tutti-music/tutti/pkg/identity"
)

// Caller is who makes a request.
type Caller struct {
	identity.Identity // empty for strangers

	Address   string // IP address, without a port
	Agent     string // the User-Agent header
	RequestID string
	Secure    bool // came over TLS, to us or to a trusted proxy
}

// Peer is the caller as services want to know it.
func (c Caller) Peer() *user.Peer { return &user.Peer{Address: c.Address, Agent: c.Agent} }

// NewOperation returns an id for one write, which retries of it on the way to a service repeat.
func NewOperation() string { return ulid.Make().String() }

type key struct{}

// With returns a context in which From finds c.
func With(ctx context.Context, c Caller) context.Context { return context.WithValue(ctx, key{}, c) }

// From returns who makes the request that ctx belongs to.
func From(ctx context.Context) Caller {
	c, _ := ctx.Value(key{}).(Caller)
	return c
}
