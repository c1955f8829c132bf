// Package middleware is what happens around every route: who is asking, what is refused at the door, and what is
// written down about it.
package middleware

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/oklog/ulid/v2"

	"github.com/tutti-music/tutti/api/caller"
	"github.com/tutti-music/tutti/api/model"
	"github.com/tutti-music/tutti/pkg/errno"
	"github.com/tutti-music/tutti/pkg/telemetry"
)

// requestIDHeader carries a request's id in both directions.
const requestIDHeader = "X-Request-Id"

// requestID is what a client may choose as the id; anything else is replaced.
var requestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Introduce finds out where the request comes from and gives it an id. Proxies in trusted are believed about the
// address. The scheme needs no trust: whoever lies about it only keeps cookies from themselves.
func Introduce(trusted []netip.Prefix) app.HandlerFunc {
	return func(ctx context.Context, c *app.RequestContext) {
		id := string(c.GetHeader(requestIDHeader))
		if !requestID.MatchString(id) {
			id = ulid.Make().String()
		}
		c.Header(requestIDHeader, id)
		ctx = telemetry.WithRequestID(ctx, id)
		c.Next(caller.With(ctx, caller.Caller{
			Address:   address(c, trusted),
			Agent:     string(c.UserAgent()),
			RequestID: id,
			Secure:    string(c.Request.URI().Scheme()) == "https" || string(c.GetHeader("X-Forwarded-Proto")) == "https",
		}))
	}
}

// Record writes one line and one measurement for each request. Neither holds the query or a header: those may hold
// secrets.
func Record(m *telemetry.Metrics) app.HandlerFunc {
	return func(ctx context.Context, c *app.RequestContext) {
		start := time.Now()
		c.Next(ctx)
		took := time.Since(start)
		status, route, method := c.Response.StatusCode(), c.FullPath(), string(c.Method())
		if route == "" { // whatever the client has written stays out of the log and the metrics
			route, method = "none", known(method)
		}
		m.Request(route, method, status, took)
		level := slog.LevelInfo
		if route == "/healthz" || route == "/readyz" {
			level = slog.LevelDebug // balancers ask all the time
		}
		slog.Log(ctx, level, "request", "method", method, "route", route, "status", status,
			"took_ms", float64(took.Microseconds())/1000, "address", caller.From(ctx).Address)
	}
}

// known is the method if it is one that we have heard of, else "other".
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "other"
	}
}

// Recover turns a panic of one request into an answer, so that it does not end the others. It stands around the routes,
// whose panics are recorded like other failures, and around everything.
func Recover(ctx context.Context, c *app.RequestContext) {
	defer func() {
		if p := recover(); p != nil {
			slog.ErrorContext(ctx, "panic", "panic", p, "stack", string(debug.Stack()))
			model.Fail(ctx, c, errno.Internal)
		}
	}()
	c.Next(ctx)
}

// Headers tells browsers to be strict with what we send: nothing of it runs, is framed or is guessed about.
func Headers(ctx context.Context, c *app.RequestContext) {
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("X-Frame-Options", "DENY")
	c.Header("Referrer-Policy", "no-referrer")
	c.Header("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'")
	c.Header("Cache-Control", "no-store")
	c.Next(ctx)
}

// SameOrigin refuses what another site makes a browser send with our cookies. Requests that carry their token in a
// header, and those that no browser sent, pass.
func SameOrigin() app.HandlerFunc {
	rule := http.NewCrossOriginProtection()
	return func(ctx context.Context, c *app.RequestContext) {
		if len(c.GetHeader("Authorization")) == 0 {
			r := &http.Request{Method: string(c.Method()), Host: string(c.Host()), Header: http.Header{
				"Origin":         {string(c.GetHeader("Origin"))},
				"Sec-Fetch-Site": {string(c.GetHeader("Sec-Fetch-Site"))},
			}}
			if err := rule.Check(r); err != nil {
				model.Fail(ctx, c, errno.CrossOrigin.Because(fmt.Errorf("origin: %w", err)))
				return
			}
		}
		c.Next(ctx)
	}
}
