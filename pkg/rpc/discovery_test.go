package rpc

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/cloudwego/kitex/client"
	"github.com/cloudwego/kitex/pkg/discovery"
	"github.com/cloudwego/kitex/pkg/rpcinfo"
	"github.com/cloudwego/kitex/pkg/transmeta"
	"github.com/cloudwego/kitex/pkg/utils"
	"github.com/cloudwego/kitex/server"
	"github.com/cloudwego/kitex/transport"
	registryetcd "github.com/kitex-contrib/registry-etcd"
	"github.com/oklog/ulid/v2"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/tutti-music/tutti/kitex_gen/user"
	"github.com/tutti-music/tutti/kitex_gen/user/userservice"
	"github.com/tutti-music/tutti/pkg/errno"
)

// Whoever uses the library finds our services, we find theirs, and it makes no difference which of the drivers is used.
func TestEverybodyFindsEverybody(t *testing.T) {
	t.Parallel()
	servers := map[string]func(*testing.T, string, user.UserService){
		"our driver": func(t *testing.T, endpoint string, h user.UserService) {
			t.Helper()
			serve(t, newNode(t, connect(t, endpoint)), h)
		},
		"their driver": func(t *testing.T, endpoint string, h user.UserService) {
			t.Helper()
			serve(t, theirNode(t, endpoint), h)
		},
		"a stock server": stockServer,
	}
	clients := map[string]func(*testing.T, string) userservice.Client{
		"our driver":     func(t *testing.T, e string) userservice.Client { t.Helper(); return dial(t, newNode(t, connect(t, e))) },
		"their driver":   func(t *testing.T, e string) userservice.Client { t.Helper(); return dial(t, theirNode(t, e)) },
		"a stock client": stockClient,
	}
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEtcd(t)
			endpoint := e.Addrs()[0].String()
			start(t, endpoint, called(name))
			eventually(t, "it is listed", func() bool { return len(listed(t, e.Client())) == 1 })
			for who, connect := range clients {
				resp, err := connect(t, endpoint).GetAccount(t.Context(), &user.GetAccountReq{})
				if err != nil || resp.Account.Name != name {
					t.Errorf("%s: %v, %v", who, resp, err)
				}
			}
		})
	}
}

// theirNode is a node with the driver of kitex-contrib.
func theirNode(t *testing.T, endpoint string) *Node {
	t.Helper()
	d, err := NewRegistryEtcd([]string{endpoint})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return &Node{Discovery: d, Version: "v1"}
}

// stockServer is a Kitex server as its documentation has it, but for the listener.
func stockServer(t *testing.T, endpoint string, h user.UserService) {
	t.Helper()
	r, err := registryetcd.NewEtcdRegistry([]string{endpoint}, quietly)
	if err != nil {
		t.Fatal(err)
	}
	l, err := listen(t.Context(), anyPort)
	if err != nil {
		t.Fatal(err)
	}
	stop, done := make(chan error), make(chan struct{})
	s := userservice.NewServer(h, server.WithRegistry(r), server.WithListener(l),
		server.WithServerBasicInfo(&rpcinfo.EndpointBasicInfo{ServiceName: User}),
		server.WithMetaHandler(transmeta.ServerTTHeaderHandler),
		server.WithExitSignal(func() <-chan error { return stop }))
	go func() {
		defer close(done)
		if err := s.Run(); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { stop <- nil; <-done })
}

// named gives a resolver a name of its own, since Kitex shares one cache among all of one name.
type named struct {
	discovery.Resolver
	name string
}

func (n named) Name() string { return n.name }

// stockClient is a Kitex client as its documentation has it.
func stockClient(t *testing.T, endpoint string) userservice.Client {
	t.Helper()
	r, err := registryetcd.NewEtcdResolver([]string{endpoint}, quietly)
	if err != nil {
		t.Fatal(err)
	}
	c, err := userservice.NewClient(User, client.WithResolver(named{r, ulid.Make().String()}),
		client.WithTransportProtocol(transport.TTHeaderFramed), client.WithMetaHandler(transmeta.ClientTTHeaderHandler))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func quietly(c *registryetcd.Config) { patient(c) }

func TestAnAnswerOfSomebodyElsesServerThatIsMissingIsNoSuccess(t *testing.T) {
	t.Parallel()
	endpoint := newEtcd(t).Addrs()[0].String()
	stockServer(t, endpoint, &accounts{get: func(context.Context, *user.GetAccountReq) (*user.GetAccountResp, error) {
		return nil, nil //nolint:nilnil // the mistake to be noticed
	}})
	n := newNode(t, connect(t, endpoint))
	eventually(t, "it is listed", func() bool { return known(t, n) == 1 })
	_, err := dial(t, n).GetAccount(t.Context(), &user.GetAccountReq{})
	mustBe(t, err, errno.Internal)
}

func TestListAndWatchTellWhoIsThere(t *testing.T) {
	t.Parallel()
	cli := connect(t, newEtcd(t).Addrs()[0].String())
	ctx, stop := context.WithCancel(t.Context())
	seen, ended := make(chan []Instance, 100), make(chan error, 1)
	go func() { ended <- Watch(ctx, cli, func(list []Instance) { seen <- list }) }()
	expect := func(want ...string) {
		t.Helper()
		select {
		case list := <-seen:
			if got := addresses(list); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("never told of %v", want)
		}
	}
	expect() // nobody, at first

	n := newNode(t, cli)
	leave := announce(t, n, "tutti.other", "10.0.0.2:1")
	expect("10.0.0.2:1")
	leaveGateway := announce(t, n, Gateway, "10.0.0.3:80")
	expect("10.0.0.3:80", "10.0.0.2:1") // by service
	if got := addresses(listed(t, cli)); !slices.Equal(got, []string{"10.0.0.3:80", "10.0.0.2:1"}) {
		t.Errorf("List: %v", got)
	}
	leave()
	expect("10.0.0.3:80")
	if _, err := cli.Delete(t.Context(), prefix, clientv3.WithPrefix()); err != nil { // somebody tidies up
		t.Fatal(err)
	}
	expect()
	expect("10.0.0.3:80") // but it is still alive
	if _, err := cli.Put(t.Context(), prefix+"nonsense", "{"); err != nil {
		t.Fatal(err)
	}
	expect("10.0.0.3:80") // a change, and nothing that could be read
	leaveGateway()
	expect()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func addresses(list []Instance) []string {
	var a []string
	for _, in := range list {
		a = append(a, in.Address)
	}
	return a
}

// announce lists an address until leave is called.
func announce(t *testing.T, n *Node, service, address string) (leave func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- n.Announce(ctx, Server{Service: service}, utils.NewNetAddr("tcp", address), func() { close(ready) })
	}()
	<-ready
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestAnAddressThatRefusesIsTriedOncePerCall(t *testing.T) {
	t.Parallel()
	n := newNode(t, newEtcd(t).Client())
	for _, dead := range []string{"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"} {
		t.Cleanup(announce(t, n, User, dead))
	}
	c := dial(t, n)
	eventually(t, "all are known", func() bool { return known(t, n) == 3 })
	_, err := c.Login(t.Context(), aLogin())
	mustBe(t, err, errno.Unavailable)
	serve(t, n, called("alive"))
	eventually(t, "the living one is used", func() bool {
		_, err := c.Login(t.Context(), aLogin())
		return err == nil
	})
	for range 50 {
		if _, err := c.Login(t.Context(), aLogin()); err != nil {
			t.Fatal(err)
		}
	}
}
