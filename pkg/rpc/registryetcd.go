package rpc

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/cloudwego/kitex/pkg/discovery"
	"github.com/cloudwego/kitex/pkg/registry"
	"github.com/cloudwego/kitex/pkg/utils"
	etcd "github.com/kitex-contrib/registry-etcd"
	"github.com/kitex-contrib/registry-etcd/retry"
	"github.com/oklog/ulid/v2"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

// registryDriver is discovery by kitex-contrib/registry-etcd, for those who trust the common library more than ours.
// It asks etcd every two seconds instead of watching, and never closes its clients of etcd.
type registryDriver struct {
	endpoints []string
	resolver  *remembering
}

// leaseVariable is the library's only way to set how long a killed process stays listed: 60 s otherwise.
const leaseVariable = "KITEX_ETCD_REGISTRY_LEASE_TTL"

// NewRegistryEtcd returns a discovery by kitex-contrib/registry-etcd on the etcd at endpoints, tuned to come back after
// any absence of etcd. It sets KITEX_ETCD_REGISTRY_LEASE_TTL to 10 seconds for this process unless it is set.
func NewRegistryEtcd(endpoints []string) (Discovery, error) {
	if _, set := os.LookupEnv(leaseVariable); !set { //nolint:forbidigo // a setting of the library, not of ours
		if err := os.Setenv(leaseVariable, fmt.Sprint(int(leaseTTL/time.Second))); err != nil {
			return nil, err
		}
	}
	r, err := etcd.NewEtcdResolver(endpoints, patient)
	if err != nil {
		return nil, fmt.Errorf("registry-etcd: %w", err)
	}
	name := "registry-etcd/" + ulid.Make().String() // Kitex shares one cache among all resolvers of one name
	return &registryDriver{endpoints: endpoints, resolver: newRemembering(r, name)}, nil
}

// patient makes the library's client of etcd come back within seconds, and be quiet meanwhile.
func patient(c *etcd.Config) {
	wait := backoff.DefaultConfig
	wait.BaseDelay, wait.MaxDelay = 200*time.Millisecond, 3*time.Second
	c.EtcdConfig.DialOptions = append(c.EtcdConfig.DialOptions, grpc.WithConnectParams(grpc.ConnectParams{
		Backoff: wait, MinConnectTimeout: 2 * time.Second,
	}))
	c.EtcdConfig.DialTimeout = 2 * time.Second
	c.EtcdConfig.DialKeepAliveTime, c.EtcdConfig.DialKeepAliveTimeout = 10*time.Second, 3*time.Second
	c.EtcdConfig.Logger = zap.NewNop()
}

// Announce implements Discovery. A server that only its own process can call is not listed: the library insists on an
// address.
func (d *registryDriver) Announce(ctx context.Context, in Instance, listed func()) error {
	if _, err := in.value(); err != nil {
		return err
	}
	if !in.dialable() {
		listed()
		<-ctx.Done()
		return nil
	}
	forever := retry.NewRetryConfig(retry.WithMaxAttemptTimes(0), retry.WithObserveDelay(3*time.Second),
		retry.WithRetryDelay(time.Second))
	r, err := etcd.NewEtcdRegistryWithRetry(d.endpoints, forever, patient) // an object holds one entry only
	if err != nil {
		return fmt.Errorf("registry-etcd: %w", err)
	}
	info := &registry.Info{
		ServiceName: in.Service, Addr: utils.NewNetAddr("tcp", in.Address), Weight: in.Weight, Tags: in.tags(),
	}
	var wait pacing
	for ctx.Err() == nil {
		if err := r.Register(info); err != nil {
			wait.failed(ctx, "not listed in etcd; will be as soon as etcd answers", "key", in.key(), "err", err)
			continue
		}
		wait.succeeded(ctx, "listed in etcd", "key", in.key())
		listed()
		<-ctx.Done()
		leave(ctx, r, info) // only now: the library panics when it removes what it never added
	}
	return nil
}

// leave takes the entry off the list, without waiting longer than farewell: the library gives etcd three seconds.
func leave(ctx context.Context, r registry.Registry, info *registry.Info) {
	left := make(chan error, 1)
	go func() { left <- r.Deregister(info) }()
	t := time.NewTimer(farewell)
	defer t.Stop()
	var err error
	select {
	case err = <-left:
	case <-t.C:
		err = context.DeadlineExceeded
	}
	if err != nil {
		slog.WarnContext(ctx, "stays on the list until its lease ends", "service", info.ServiceName, "err", err)
	}
}

// Resolver implements Discovery.
func (d *registryDriver) Resolver() discovery.Resolver { return d.resolver }

// Close implements Discovery. The library's clients of etcd stay open: it does not let anybody close them.
func (d *registryDriver) Close() error {
	d.resolver.close()
	return nil
}
