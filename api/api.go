// Package api is the gateway: HTTP outside, Thrift inside. It has no database and keeps nothing that a second gateway
// would miss.
package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/cloudwego/hertz/pkg/app/server"

	"github.com/tutti-music/tutti/api/clients"
	"github.com/tutti-music/tutti/api/middleware"
	"github.com/tutti-music/tutti/pkg/health"
	"github.com/tutti-music/tutti/pkg/identity"
	"github.com/tutti-music/tutti/pkg/rpc"
	"github.com/tutti-music/tutti/pkg/run"
	"github.com/tutti-music/tutti/pkg/telemetry"
)

// Config is what the gateway needs.
type Config struct {
	Listen         string // host:port
	Advertise      string // see rpc.Server
	Secret         string // the cluster's, see identity.NewKey
	TrustedProxies []netip.Prefix
	Version        Version
	Listening      func(addr net.Addr) // told where it listens; may be nil
}

// Part is the gateway as a part of a process. It is ready when it listens, has found its services and is listed.
func Part(cfg Config, node *rpc.Node, checks *health.Checks, metrics *telemetry.Metrics) run.Part {
	return run.Part{Name: "api", Run: func(ctx context.Context, ready func()) error {
		key, err := identity.NewKey(cfg.Secret)
		if err != nil {
			return err
		}
		c, err := clients.New(node)
		if err != nil {
			return err
		}
		s, err := newSite(cfg.Version, checks)
		if err != nil {
			return err
		}
		l, err := listen(ctx, cfg.Listen)
		if err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		revoked := middleware.NewRevoked(c.User)
		gate := &middleware.Gate{Key: key, Revoked: revoked}
		g := &gateway{cfg, node, revoked, l, newServer(l, routes(c, s), gate, around(cfg, metrics))}
		return g.run(ctx, ready)
	}}
}

// gateway is a gateway that listens.
type gateway struct {
	cfg      Config
	node     *rpc.Node
	revoked  *middleware.Revoked
	listener *listener
	server   *server.Hertz
}

// run serves and, beside it, introduces the gateway, until ctx ends or one of them fails. The gateway has left etcd
// before it stops accepting requests.
func (g *gateway) run(ctx context.Context, ready func()) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() {
		defer stop()
		served <- g.server.Run()
	}()
	// Hertz cannot be stopped before it runs, and it does not say when it does.
	for !g.server.IsRunning() && len(served) == 0 {
		time.Sleep(time.Millisecond)
	}
	err := g.introduce(ctx, ready)
	if !g.server.IsRunning() {
		return errors.Join(err, <-served)
	}
	// From here on each answer tells its client to close the connection. Those that wait for a request for longer than
	// the grace are closed from this side.
	hangUp := time.AfterFunc(grace, g.listener.hangUp)
	defer hangUp.Stop()
	return errors.Join(err, g.server.Shutdown(context.WithoutCancel(ctx)), <-served)
}

// introduce waits for the services behind the gateway, lists the gateway, and keeps up with what is revoked until ctx
// ends.
func (g *gateway) introduce(ctx context.Context, ready func()) error {
	ctx, stop := context.WithCancel(ctx)
	learned := make(chan struct{})
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		g.revoked.Follow(ctx, func() { close(learned) })
	}()
	defer func() { stop(); <-followed }()
	select {
	case <-learned:
	case <-ctx.Done():
		return nil
	}
	if g.cfg.Listening != nil {
		g.cfg.Listening(g.listener.Addr())
	}
	return g.node.Announce(ctx, rpc.Server{Service: rpc.Gateway, Advertise: g.cfg.Advertise}, g.listener.Addr(), ready)
}
