package etcd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"time"

	"go.etcd.io/etcd/server/v3/etcdserver"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3rpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
)

// maxSocketPath is the longest path of a unix socket that every system accepts (macOS: 104 with the final NUL).
const maxSocketPath = 103

// newGRPC serves etcd's own API and nothing else. embed would do it too, but with an HTTP gateway, metrics and profiles
// on the same port, and with a Close that waits for watching clients.
func newGRPC(s *etcdserver.EtcdServer) *grpc.Server {
	return v3rpc.Server(s, nil, nil,
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 30 * time.Second, Timeout: 5 * time.Second}),
		grpc.WaitForHandlers(true), // none may still read the store when it closes
	)
}

// serve ends when s is stopped.
func serve(s *grpc.Server, l net.Listener) {
	if err := s.Serve(l); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		slog.Error("etcd no longer accepts connections", "address", l.Addr().String(), "err", err)
	}
}

// listen opens what cfg asks for, before etcd starts, so that a taken port is an error and not a log line.
func listen(ctx context.Context, cfg Config) (ls []net.Listener, err error) {
	defer func() {
		if err != nil {
			closeAll(ls)
		}
	}()
	var lc net.ListenConfig
	if cfg.Listen != "" {
		l, err := lc.Listen(ctx, "tcp", cfg.Listen)
		if err != nil {
			return ls, err
		}
		ls = append(ls, l)
	}
	if len(cfg.Socket) > maxSocketPath {
		slog.WarnContext(ctx, "etcd goes without its socket: the path is too long", "path", cfg.Socket, "max", maxSocketPath)
	} else if cfg.Socket != "" {
		l, err := listenSocket(ctx, lc, cfg.Socket)
		if err != nil {
			return ls, err
		}
		ls = append(ls, l)
	}
	return ls, nil
}

// listenSocket takes the place of a socket that a killed process left behind. Its directory should be closed to
// strangers, because the socket is open to them for a moment before its mode is set.
func listenSocket(ctx context.Context, lc net.ListenConfig, path string) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() != fs.ModeSocket {
		return nil, fmt.Errorf("%s is in the way of the socket", path)
	} else if err == nil {
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func closeAll(ls []net.Listener) {
	for _, l := range ls {
		logIf("closing a listener of etcd", l.Close())
	}
}

// logIf records what went wrong while tidying up, where nobody can act on it.
func logIf(doing string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		slog.Warn(doing, "err", err)
	}
}
