package rpc

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cloudwego/kitex/pkg/discovery"
	"github.com/cloudwego/kitex/pkg/rpcinfo"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// patience is how long the first question about a service waits for etcd, before what is on disk has to do.
const patience = time.Second

// resolver answers Kitex from memory.
type resolver struct{ d *etcdDriver }

// Name implements discovery.Resolver.
func (r resolver) Name() string { return r.d.name }

// Target implements discovery.Resolver.
func (r resolver) Target(_ context.Context, to rpcinfo.EndpointInfo) string { return to.ServiceName() }

// Resolve implements discovery.Resolver. Only the first question about a service waits.
func (r resolver) Resolve(ctx context.Context, name string) (discovery.Result, error) {
	if s := r.d.service(name); s != nil {
		select {
		case <-s.asked:
		case <-ctx.Done():
		}
		if known := s.known.Load(); known != nil {
			return *known, nil
		}
	}
	return discovery.Result{}, fmt.Errorf("no instance of %s is known", name)
}

// Diff implements discovery.Resolver. Kitex asks ten times a second, nearly always about the same list.
func (r resolver) Diff(key string, prev, next discovery.Result) (discovery.Change, bool) {
	return diff(key, prev, next)
}

func diff(key string, prev, next discovery.Result) (discovery.Change, bool) {
	a, b := prev.Instances, next.Instances
	if len(a) == len(b) && len(a) > 0 && &a[0] == &b[0] {
		return discovery.Change{}, false
	}
	return discovery.DefaultDiff(key, prev, next)
}

// service is what is known about one service.
type service struct {
	name    string
	disk    shelf
	asked   chan struct{} // closed when etcd has answered, or has had its time
	answers func()        // closes asked
	known   atomic.Pointer[discovery.Result]
}

func newService(name, cacheDir string) *service {
	s := &service{name: name, disk: newShelf(cacheDir, name), asked: make(chan struct{})}
	s.answers = sync.OnceFunc(func() { close(s.asked) })
	return s
}

// follow keeps s up to date until ctx ends.
func (s *service) follow(ctx context.Context, cli *clientv3.Client) {
	defer s.answers()
	s.learn(s.disk.read())
	impatient := time.AfterFunc(patience, s.answers)
	defer impatient.Stop()
	follow(ctx, cli, serviceKey(s.name), func(kvs map[string]string) {
		if s.learn(kvs) {
			s.disk.write(kvs)
		}
		s.answers()
	})
}

// learn takes over a list, unless it is empty. An empty list means that etcd was wiped, that leases ran out because
// the services could not reach etcd, or that the last instance has left in good order; nobody here can tell which. In
// the first two cases the instances are alive and the old list is right. In the third, a call is refused by the machine
// that was left, and fails in the same way as without a list.
func (s *service) learn(kvs map[string]string) bool {
	list := targets(kvs)
	if len(list) == 0 {
		return false
	}
	s.known.Store(&discovery.Result{Cacheable: true, CacheKey: s.name, Instances: list})
	return true
}
