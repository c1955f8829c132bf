package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cloudwego/kitex/pkg/rpcinfo"
	"github.com/cloudwego/kitex/pkg/transmeta"
	"github.com/cloudwego/kitex/server"
)

const (
	// notice is how long a server that has left the list goes on accepting calls, so that callers hear of it first.
	// They do within refreshEvery plus a message from etcd.
	notice = 500 * time.Millisecond

	// drain bounds how long the calls that run at the end are waited for. No caller waits as long: see callTimeout.
	drain = 5 * time.Second
)

// Serve runs the Kitex server that newServer makes until ctx ends: then it takes it off the list, serves on until
// callers had the time to notice, waits for the calls that run, and returns nil. It calls ready once, when others can
// find the server. It fails when the address is taken, when the server cannot be built, or when it breaks.
func (n *Node) Serve(ctx context.Context, s Server, ready func(), newServer func(...server.Option) server.Server) error {
	if s.Listen == "" {
		return n.serveLocal(ctx, s, ready, newServer)
	}
	l, err := listen(ctx, s.Listen)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Service, err)
	}
	defer func() {
		if err := l.release(); err != nil {
			slog.WarnContext(ctx, "closing a listener", "service", s.Service, "err", err)
		}
	}()
	address, err := advertise(ctx, l.Addr(), s.Advertise)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Service, err)
	}
	// Kitex is stopped by its exit signal only. Its Stop does nothing for good when it comes before Run has got far
	// enough.
	stop := make(chan error, 1)
	srv := newServer(append(n.serverOptions(s.Service),
		server.WithListener(l),
		server.WithExitWaitTime(drain),
		server.WithExitSignal(func() <-chan error { return stop }),
	)...)
	leave, err := n.seat(s.Service, srv)
	if err != nil {
		return err
	}
	defer leave()
	broke := make(chan error, 1)
	go func() { broke <- srv.Run() }()
	select {
	case <-l.polled: // a stop before this would leave a server that nobody can stop
	case err := <-broke:
		return fmt.Errorf("%s: %w", s.Service, err)
	}
	err = n.list(ctx, s, address, ready, broke)
	if errors.Is(err, errBroke) {
		return fmt.Errorf("%s: %w", s.Service, err)
	}
	if err == nil && n.Discovery != nil {
		pause(context.WithoutCancel(ctx), notice)
	}
	stop <- nil
	if late := <-broke; late != nil {
		slog.WarnContext(ctx, "some calls did not end in time", "service", s.Service, "err", late)
	}
	return err
}

// list keeps the server on the list until ctx ends or the server breaks; then it says why.
func (n *Node) list(ctx context.Context, s Server, address string, ready func(), broke chan error) error {
	ctx, unlist := context.WithCancel(ctx)
	defer unlist()
	announced := make(chan error, 1)
	go func() { announced <- n.announce(ctx, s, address, ready) }()
	select {
	case err := <-announced: // nil after the end of ctx; else it can never be listed
		return err
	case err := <-broke:
		unlist()
		return errors.Join(err, <-announced, errBroke)
	}
}

var errBroke = errors.New("the server ended by itself")

// serveLocal is Serve without a port.
func (n *Node) serveLocal(ctx context.Context, s Server, ready func(), newServer func(...server.Option) server.Server,
) error {
	if n.Local == nil {
		return fmt.Errorf("%s: nobody could call it: it neither listens nor is it local", s.Service)
	}
	leave, err := n.seat(s.Service, newServer(n.serverOptions(s.Service)...))
	if err != nil {
		return err
	}
	defer leave()
	return n.announce(ctx, s, InProcess, ready)
}

// seat lets the callers of this process in. They are out when leave returns.
func (n *Node) seat(service string, srv server.Server) (leave func(), err error) {
	if n.Local == nil {
		return func() {}, nil
	}
	p, err := prepare(srv)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", service, err)
	}
	n.Local.enter(service, p)
	return func() {
		if !p.leave(drain) {
			slog.Warn("some local calls did not end in time", "service", service)
		}
	}, nil
}

func (n *Node) serverOptions(service string) []server.Option {
	return []server.Option{
		server.WithServerBasicInfo(&rpcinfo.EndpointBasicInfo{ServiceName: service}),
		server.WithMetaHandler(transmeta.ServerTTHeaderHandler),
		server.WithMiddleware(guard(n.Proof)),
	}
}
