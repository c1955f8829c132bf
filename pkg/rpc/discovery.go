package rpc

import (
	"context"

	"github.com/cloudwego/kitex/pkg/discovery"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// Discovery is how processes find each other. There are two drivers, on the same keys and values in etcd: NewEtcd,
// ours, and NewRegistryEtcd, the library of kitex-contrib.
type Discovery interface {
	// Announce lists the instance until ctx ends and then takes it off the list. It calls listed once, when the
	// instance is first in etcd. It returns when the entry is removed, or after two seconds in which etcd did not
	// answer; it never fails because etcd is away, only because the instance cannot be listed at all.
	Announce(ctx context.Context, in Instance, listed func()) error

	// Resolver tells Kitex clients where the instances of a service are.
	Resolver() discovery.Resolver

	// Close ends the resolver. Announcements end with their contexts.
	Close() error
}

// List returns everybody who is listed, ordered by service and start.
func List(ctx context.Context, cli *clientv3.Client) ([]Instance, error) {
	kvs, _, err := read(ctx, cli, prefix)
	if err != nil {
		return nil, err
	}
	return instances(kvs), nil
}

// Watch calls changed with everybody who is listed, at first and after every change, until ctx ends; then it returns
// nil. It outlives absences of etcd: it is silent meanwhile.
func Watch(ctx context.Context, cli *clientv3.Client, changed func([]Instance)) error {
	follow(ctx, cli, prefix, func(kvs map[string]string) { changed(instances(kvs)) })
	return nil
}
