// Package etcd is the etcd that a process brings along, or the connection to one elsewhere.
package etcd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"google.golang.org/grpc"
)

// Config says where the etcd of this process keeps its data and who may speak to it.
type Config struct {
	Dir    string // where it keeps its data; made private to the owner of the process
	Listen string // host:port for clients in other processes; "" = no TCP port
	Socket string // path of a unix socket for programs of the same owner on this machine; "" = none
}

// Server is an etcd inside this process: a cluster of one, without a port unless asked for.
type Server struct {
	etcd   *embed.Etcd
	client *clientv3.Client
	grpc   *grpc.Server
	served sync.WaitGroup
	addrs  []net.Addr
	lock   *flock.Flock
	once   sync.Once
}

// Start runs an etcd on cfg.Dir and returns it when it answers. It fails when the directory is in use by another
// process, when an address is taken, when the data cannot be read, and when ctx ends before etcd is ready. What ctx
// does afterwards is of no consequence: Close ends the server.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	lock, err := claim(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("etcd: %w", err)
	}
	listeners, err := listen(ctx, cfg)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("etcd: %w", err), lock.Unlock())
	}
	e, err := start(ctx, cfg.Dir, lock)
	if err != nil {
		closeAll(listeners)
		return nil, fmt.Errorf("etcd in %s: %w", cfg.Dir, err)
	}
	s := &Server{etcd: e, client: v3client.New(e.Server), grpc: newGRPC(e.Server), lock: lock}
	for _, l := range listeners {
		s.addrs = append(s.addrs, l.Addr())
		s.served.Go(func() { serve(s.grpc, l) })
	}
	return s, nil
}

// Client speaks to the server without a network. It is closed by Close.
func (s *Server) Client() *clientv3.Client { return s.client }

// Addrs are the addresses that clients of other processes can use: TCP first, then the socket.
func (s *Server) Addrs() []net.Addr { return s.addrs }

// Close ends the server. Clients, here and elsewhere, are cut off at once: etcd's own way is to wait for them for
// seconds, although each of ours holds a watch for as long as it lives.
func (s *Server) Close() {
	s.once.Do(func() {
		s.grpc.Stop()
		s.served.Wait()
		logIf("closing the client of etcd", s.client.Close())
		s.etcd.Close()
		logIf("unlocking the directory of etcd", s.lock.Unlock())
	})
}

// claim makes dir private and ours: etcd itself would wait without end for a directory that another process uses.
func claim(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a directory needs the x
		return nil, err
	}
	lock := flock.New(filepath.Join(dir, "lock"), flock.SetPermissions(0o600))
	mine, err := lock.TryLock()
	if err != nil {
		return nil, err
	}
	if !mine {
		return nil, fmt.Errorf("%s is in use by another process", dir)
	}
	return lock, nil
}
