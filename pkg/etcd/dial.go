package etcd

import (
	"errors"
	"fmt"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

// Dial returns a client of the etcd at endpoints ("host:port", "http://host:port" or "unix:///path"). It does not wait
// for a connection: etcd may be away now, and the client finds it within three seconds of its return. It fails only
// when an endpoint is malformed.
func Dial(endpoints []string) (*clientv3.Client, error) {
	for _, e := range endpoints {
		if err := check(e); err != nil {
			return nil, fmt.Errorf("etcd endpoint %q: %w", e, err)
		}
	}
	wait := backoff.DefaultConfig
	wait.BaseDelay, wait.MaxDelay = 200*time.Millisecond, 3*time.Second // gRPC's own: up to two minutes
	c, err := clientv3.New(clientv3.Config{
		Endpoints:            endpoints,
		DialTimeout:          2 * time.Second,
		DialKeepAliveTime:    10 * time.Second,
		DialKeepAliveTimeout: 3 * time.Second,
		DialOptions: []grpc.DialOption{grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: wait, MinConnectTimeout: 2 * time.Second,
		})},
		Logger: zap.NewNop(), // whoever calls gets the error; the client's log repeats it for every attempt
	})
	if err != nil {
		return nil, fmt.Errorf("etcd: %w", err)
	}
	return c, nil
}

// check refuses what the client would take for a host name and look for without end.
func check(endpoint string) error {
	scheme, rest, found := strings.Cut(endpoint, "://")
	switch {
	case !found && strings.Contains(endpoint, ":"):
		return nil
	case !found:
		return errors.New("needs a port")
	case scheme != "http" && scheme != "https" && scheme != "unix":
		return errors.New("begins with http://, https:// or unix://")
	case rest == "":
		return errors.New("is incomplete")
	}
	return nil
}
