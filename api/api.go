// Package api is the gateway: HTTP outside, Thrift inside. It has no database and keeps nothing that a second gateway
// would miss.
package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/app/server"
	"github.com/cloudwego/hertz/pkg/network/standard"

	"github.com/tutti-music/tutti/api/clients"
	"github.com/tutti-music/tutti/api/middleware"
	"github.com/tutti-music/tutti/api/model"
	"github.com/tutti-music/tutti/pkg/errno"
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

const (
	// maxRequest is the longest body that is read at all, in bytes. What is longer than model.MaxBody gets an answer in
	// our words, what is longer than this gets Hertz' own.
	maxRequest  = 1 << 20
	readTimeout = 10 * time.Second
	idleTimeout = 2 * time.Minute

	// drain bounds how long the requests that run at the end are waited for; grace is how long a client may use a
	// connection that it has kept alive.
	drain = 10 * time.Second
	grace = 500 * time.Millisecond
)

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
		h := newServer(l, routes(c, s), &middleware.Gate{Key: key, Revoked: revoked}, cfg, metrics)
		return serve(ctx, h, l, func(ctx context.Context) error {
			return introduce(ctx, cfg, node, revoked, l.Addr(), ready)
		})
	}}
}

// introduce waits for the services behind the gateway, lists the gateway, and keeps up with what is revoked until ctx
// ends.
func introduce(ctx context.Context, cfg Config, node *rpc.Node, revoked *middleware.Revoked, addr net.Addr, ready func()) error {
	ctx, stop := context.WithCancel(ctx)
	learned := make(chan struct{})
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		revoked.Follow(ctx, func() { close(learned) })
	}()
	defer func() { stop(); <-followed }()
	select {
	case <-learned:
	case <-ctx.Done():
		return nil
	}
	if cfg.Listening != nil {
		cfg.Listening(addr)
	}
	return node.Announce(ctx, rpc.Server{Service: rpc.Gateway, Advertise: cfg.Advertise}, addr, ready)
}

// newServer builds the HTTP server. Its standard transport sends files from the disk to the network without copying.
func newServer(l net.Listener, routes []Route, gate *middleware.Gate, cfg Config, metrics *telemetry.Metrics) *server.Hertz {
	h := server.New(
		server.WithListener(l),
		server.WithTransport(standard.NewTransporter),
		server.WithDisablePrintRoute(true),
		server.WithHandleMethodNotAllowed(true),
		server.WithRedirectTrailingSlash(false),
		server.WithMaxRequestBodySize(maxRequest),
		server.WithDisablePreParseMultipartForm(true),
		server.WithReadTimeout(readTimeout),
		server.WithIdleTimeout(idleTimeout),
		server.WithExitWaitTime(drain),
	)
	h.Use(middleware.Recover, middleware.Introduce(cfg.TrustedProxies), middleware.Record(metrics), middleware.Recover,
		middleware.Headers, middleware.SameOrigin())
	h.NoRoute(func(ctx context.Context, c *app.RequestContext) { model.Fail(ctx, c, errno.NoRoute) })
	h.NoMethod(func(ctx context.Context, c *app.RequestContext) {
		c.Header("Allow", strings.Join(methods(routes, string(c.Path())), ", "))
		model.Fail(ctx, c, errno.WrongMethod)
	})
	for _, r := range routes {
		do := append(guards(r.Who, gate), r.do)
		h.Handle(r.Method, r.Path, do...)
		if r.Method == http.MethodGet {
			h.Handle(http.MethodHead, r.Path, do...) // Hertz leaves the body away
		}
	}
	return h
}

// methods are those that an address answers.
func methods(routes []Route, path string) []string {
	var found []string
	asked := strings.Split(path, "/")
	for _, r := range routes {
		same := slices.EqualFunc(strings.Split(r.Path, "/"), asked, func(r, a string) bool {
			return r == a || strings.HasPrefix(r, ":")
		})
		if same {
			found = append(found, r.Method)
		}
		if same && r.Method == http.MethodGet {
			found = append(found, http.MethodHead)
		}
	}
	return found
}

// guards are what stands before a route. A route that does not say whom it is for ends the process before it starts.
func guards(who Audience, gate *middleware.Gate) []app.HandlerFunc {
	switch who {
	case Anyone:
		return nil
	case SignedIn:
		return []app.HandlerFunc{gate.SignedIn}
	case Admin:
		return []app.HandlerFunc{gate.SignedIn, gate.Admin}
	default:
		panic(fmt.Sprintf("api: a route for %q", who))
	}
}

// serve runs h and, beside it, introduce, until ctx ends or one of them fails. introduce has returned, and so the
// gateway has left etcd, before h stops accepting requests.
func serve(ctx context.Context, h *server.Hertz, l *listener, introduce func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() {
		defer stop()
		served <- h.Run()
	}()
	// Hertz cannot be stopped before it runs, and it does not say when it does.
	for !h.IsRunning() && len(served) == 0 {
		time.Sleep(time.Millisecond)
	}
	err := introduce(ctx)
	if !h.IsRunning() {
		return errors.Join(err, <-served)
	}
	// From here on each answer tells its client to close the connection. Those that wait for a request for longer than
	// the grace are closed from this side.
	hangUp := time.AfterFunc(grace, l.hangUp)
	defer hangUp.Stop()
	return errors.Join(err, h.Shutdown(context.WithoutCancel(ctx)), <-served)
}
