package api

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/app/server"
	"github.com/cloudwego/hertz/pkg/network/standard"

	"github.com/tutti-music/tutti/api/middleware"
	"github.com/tutti-music/tutti/api/model"
	"github.com/tutti-music/tutti/pkg/errno"
	"github.com/tutti-music/tutti/pkg/telemetry"
)

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

// around is what happens around every route, the outermost first.
func around(cfg Config, metrics *telemetry.Metrics) []app.HandlerFunc {
	return []app.HandlerFunc{
		middleware.Recover, middleware.Introduce(cfg.TrustedProxies), middleware.Record(metrics), middleware.Recover,
		middleware.Headers, middleware.SameOrigin(),
	}
}

// newServer builds the HTTP server. Its standard transport sends files from the disk to the network without copying.
func newServer(l net.Listener, routes []Route, gate *middleware.Gate, around []app.HandlerFunc) *server.Hertz {
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
	h.Use(around...)
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
