//go:build linux

package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/app/server"
	"github.com/cloudwego/hertz/pkg/common/hlog"
	"github.com/cloudwego/hertz/pkg/network/standard"
)

// helloArgument makes the bench be the bare server instead: a process of its own, like everything else under test.
const helloArgument = "serve-hello"

const greeting = "hello"

// serveHello answers every GET / with a greeting until ctx ends. The server is set up like the gateway's, without
// middleware, guards and services: what is left is what Hertz itself costs.
func serveHello(ctx context.Context, address string) error {
	hlog.SetLevel(hlog.LevelWarn)
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	h := server.New(
		server.WithListener(l),
		server.WithTransport(standard.NewTransporter),
		server.WithDisablePrintRoute(true),
		server.WithReadTimeout(10*time.Second),
		server.WithIdleTimeout(2*time.Minute),
		server.WithExitWaitTime(time.Second),
	)
	h.GET("/", func(_ context.Context, c *app.RequestContext) { c.String(http.StatusOK, greeting) })
	served := make(chan error, 1)
	go func() { served <- h.Run() }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	return errors.Join(h.Shutdown(context.WithoutCancel(ctx)), <-served)
}

// buildHello starts the bare server.
func buildHello(ctx context.Context, l *lab, s *system) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	p, err := l.start(ctx, self, []string{helloArgument, address})
	if err != nil {
		return err
	}
	s.later(p.stop)
	hello := question{method: http.MethodGet, url: "http://" + address + "/", status: http.StatusOK, holds: greeting}
	s.targets = map[string]target{
		"hello": {"Hertz hello", []*process{p}, func(context.Context) (call, func(), error) { return hello.line() }},
	}
	return await(ctx, hello)
}
