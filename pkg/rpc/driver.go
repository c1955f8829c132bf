package rpc

import (
	"context"
	"sync"

	"github.com/cloudwego/kitex/pkg/discovery"
	"github.com/oklog/ulid/v2"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// etcdDriver is our own discovery: it lists for ever, watches instead of asking, and goes on with what it knew last
// while etcd is away.
type etcdDriver struct {
	cli      *clientv3.Client
	cacheDir string
	name     string

	spawn func(func(context.Context))
	end   func()

	mu       sync.Mutex
	closed   bool
	services map[string]*service
}

// NewEtcd returns a discovery on cli, which stays the caller's to close. If cacheDir is not "", what is known about the
// services is kept there too, for processes that start while etcd is away.
func NewEtcd(cli *clientv3.Client, cacheDir string) Discovery {
	spawn, end := workers()
	return &etcdDriver{
		cli:      cli,
		cacheDir: cacheDir,
		name:     "tutti/" + ulid.Make().String(), // Kitex shares one cache among all resolvers of one name
		spawn:    spawn,
		end:      end,
		services: map[string]*service{},
	}
}

// workers returns a way to run goroutines, and one to end them all: it ends their context and waits for them. Nothing
// may be spawned after that.
func workers() (spawn func(func(context.Context)), end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	return func(f func(context.Context)) { running.Go(func() { f(ctx) }) }, func() { cancel(); running.Wait() }
}

// Resolver implements Discovery.
func (d *etcdDriver) Resolver() discovery.Resolver { return resolver{d} }

// Close implements Discovery. It returns when all goroutines of the driver have ended.
func (d *etcdDriver) Close() error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.end()
	return nil
}

// service returns what is known about a service, and begins to follow it when it is asked for the first time.
func (d *etcdDriver) service(name string) *service {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.services[name]
	if s == nil && !d.closed {
		s = newService(name, d.cacheDir)
		d.services[name] = s
		d.spawn(func(ctx context.Context) { s.follow(ctx, d.cli) })
	}
	return s
}
