package rpc

import (
	"context"
	"slices"
	"time"

	"github.com/cloudwego/kitex/client"
	"github.com/cloudwego/kitex/pkg/connpool"
	"github.com/cloudwego/kitex/pkg/fallback"
	"github.com/cloudwego/kitex/pkg/loadbalance/lbcache"
	"github.com/cloudwego/kitex/pkg/rpcinfo"
	"github.com/cloudwego/kitex/pkg/transmeta"
	"github.com/cloudwego/kitex/pkg/utils"
	"github.com/cloudwego/kitex/transport"

	"github.com/tutti-music/tutti/pkg/errno"
)

const (
	// callTimeout bounds a call with all its attempts. callopt.WithRPCTimeout changes it for one call, and a context
	// that ends earlier ends the call earlier.
	callTimeout = 3 * time.Second

	connectTimeout = 500 * time.Millisecond

	// attempts is how often a request may be sent.
	attempts = 3

	// refreshEvery is how soon a client uses an instance that the resolver has heard of.
	refreshEvery = 100 * time.Millisecond
)

// ClientOptions is what every client of ours is built with. Caller is who calls, service whom: both as in etcd.
// Idempotent names the methods that may be sent again, to another instance, when a connection breaks before the answer
// is there. The others fail then, because nobody knows whether they were carried out; they are sent to another
// instance only when the connection could not be made. Whatever happens, a call ends with an answer or with an
// *errno.Error: errno.Unavailable when the service cannot be reached or does not answer in time.
func (n *Node) ClientOptions(caller, service string, idempotent ...string) []client.Option {
	r := route{caller: caller, service: service, idempotent: slices.Clone(idempotent), local: n.Local, proof: n.Proof}
	options := []client.Option{
		client.WithClientBasicInfo(&rpcinfo.EndpointBasicInfo{ServiceName: caller}),
		client.WithTransportProtocol(transport.TTHeaderFramed),
		client.WithMetaHandler(transmeta.ClientTTHeaderHandler),
		client.WithTimeoutProvider(timeouts{}),
		client.WithLongConnection(connpool.IdleConfig{
			MaxIdlePerAddress: 128, MaxIdleGlobal: 1024, MaxIdleTimeout: time.Minute,
		}),
		client.WithLoadBalancer(newBalancer(), &lbcache.Options{RefreshInterval: refreshEvery, Cacheable: true}),
		client.WithMiddleware(r.attempt),
		client.WithFallback(fallback.NewFallbackPolicy(settle)),
	}
	if n.Discovery != nil {
		options = append(options, client.WithResolver(n.Discovery.Resolver()))
	}
	return options
}

// settle has the last word on every call, after Kitex' own time-out too. Kitex hands it business errors as well.
func settle(_ context.Context, _ utils.KitexArgs, result utils.KitexResult, err error) error {
	switch {
	case err != nil:
		return asErrno(err)
	case !answered(result):
		return errno.Internal.Because(errNoAnswer) // a server of somebody else; guard does not let it pass
	}
	return nil
}

// timeouts are defaults that a single call can change.
type timeouts struct{}

// Timeouts implements rpcinfo.TimeoutProvider.
func (t timeouts) Timeouts(rpcinfo.RPCInfo) rpcinfo.Timeouts { return t }

// RPCTimeout implements rpcinfo.Timeouts.
func (timeouts) RPCTimeout() time.Duration { return callTimeout }

// ConnectTimeout implements rpcinfo.Timeouts.
func (timeouts) ConnectTimeout() time.Duration { return connectTimeout }

// ReadWriteTimeout implements rpcinfo.Timeouts.
func (timeouts) ReadWriteTimeout() time.Duration { return callTimeout }
