package rpc

import (
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cloudwego/kitex/server"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/goleak"

	"github.com/tutti-music/tutti/kitex_gen/user"
	"github.com/tutti-music/tutti/kitex_gen/user/userservice"
	"github.com/tutti-music/tutti/pkg/errno"
)

func TestCallsThatRunAtTheEndAreWaitedFor(t *testing.T) {
	t.Parallel()
	cli := newEtcd(t).Client()
	for name, s := range map[string]Server{"network": {Listen: anyPort}, "local": {}} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t, cli)
			if s.Listen == "" {
				n.Local = NewLocal()
			}
			began, finish := make(chan struct{}), make(chan struct{})
			h := called("it")
			h.get = func(context.Context, *user.GetAccountReq) (*user.GetAccountResp, error) {
				close(began)
				<-finish
				return &user.GetAccountResp{Account: &user.Account{Name: "late"}}, nil
			}
			r := begin(t, n, s, h).wait(t)
			c := dial(t, n)
			answer := make(chan error, 1)
			go func() { _, err := c.GetAccount(t.Context(), &user.GetAccountReq{}); answer <- err }()
			<-began
			r.cancel()
			eventually(t, "it has left the list", func() bool { return len(listed(t, cli)) == 0 })
			if n.Local != nil {
				eventually(t, "it takes no further calls", func() bool {
					_, err := c.Login(t.Context(), aLogin())
					return err != nil
				})
			}
			if len(r.done) > 0 {
				t.Fatal("Serve returned while a call ran")
			}
			close(finish)
			if err := <-answer; err != nil {
				t.Errorf("the call was cut off: %v", err)
			}
			r.stop(t)
		})
	}
}

func TestARollingRestartIsNotNoticed(t *testing.T) {
	t.Parallel()
	n := newNode(t, connect(t, newEtcd(t).Addrs()[0].String()))
	old := serve(t, n, called("0"))
	c := dial(t, n) // nothing is repeated
	var over atomic.Bool
	var callers sync.WaitGroup
	var calls atomic.Int32
	for range 4 {
		callers.Go(func() {
			for !over.Load() {
				if _, err := c.Login(t.Context(), aLogin()); err != nil {
					t.Errorf("call %d: %v", calls.Load(), err)
					return
				}
				calls.Add(1)
			}
		})
	}
	for range 4 {
		next := serve(t, n, called("next"))
		old.stop(t)
		old = next
	}
	over.Store(true)
	callers.Wait()
	if calls.Load() == 0 {
		t.Error("no calls were made")
	}
}

func TestAnOrderlyStopTakesTheEntryOffTheListAtOnce(t *testing.T) {
	t.Parallel()
	cli := newEtcd(t).Client()
	n := newNode(t, cli)
	r := begin(t, n, Server{Listen: "0.0.0.0:0", Weight: 7}, called("it")).wait(t)
	list := listed(t, cli)
	if len(list) != 1 {
		t.Fatalf("listed: %v", list)
	}
	in := list[0]
	host, port, err := net.SplitHostPort(in.Address)
	if err != nil || net.ParseIP(host).IsUnspecified() || port == "0" {
		t.Errorf("address %q", in.Address)
	}
	if in.ID == "" || in.Service != User || in.Version != "v1" || in.Zone != "here" || in.Weight != 7 || in.Started.IsZero() {
		t.Errorf("listed: %+v", in)
	}
	r.stop(t)
	if list := listed(t, cli); len(list) != 0 {
		t.Errorf("still listed: %v", list)
	}
}

func TestAServerWithoutAPortIsListedAsSuchAndNotDialled(t *testing.T) {
	t.Parallel()
	cli := newEtcd(t).Client()
	n := newNode(t, cli)
	n.Local = NewLocal()
	begin(t, n, Server{}, called("it")).wait(t)
	if list := listed(t, cli); len(list) != 1 || list[0].Address != InProcess {
		t.Errorf("listed: %v", list)
	}
	_, err := dial(t, newNode(t, cli)).GetAccount(t.Context(), &user.GetAccountReq{})
	mustBe(t, err, errno.Unavailable)
	if known(t, newNode(t, cli)) != 0 {
		t.Error("others would dial it")
	}
}

func TestServeSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", anyPort)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // a test's port
	n := &Node{}
	for _, c := range []struct {
		name, says string
		s          Server
	}{
		{"a port that is taken", "address already in use", Server{Service: User, Listen: l.Addr().String()}},
		{"no way to call it", "nobody could call it", Server{Service: User}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := n.Serve(t.Context(), c.s, func() { t.Error("ready") }, func(o ...server.Option) server.Server {
				return userservice.NewServer(called("it"), o...)
			})
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), User) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("a name that cannot be listed", func(t *testing.T) {
		n := newNode(t, newEtcd(t).Client())
		err := n.Serve(t.Context(), Server{Service: "a/b", Listen: anyPort}, func() { t.Error("ready") },
			func(o ...server.Option) server.Server { return userservice.NewServer(called("it"), o...) })
		if err == nil {
			t.Error("it is listed")
		}
	})
}

func TestAStopAtAnyMomentLeavesNothingBehind(t *testing.T) {
	endpoint := newEtcd(t).Addrs()[0].String()
	before := goleak.IgnoreCurrent()
	cli := connect(t, endpoint)
	d := NewEtcd(cli, "")
	local := NewLocal()
	var all sync.WaitGroup
	for i := range 60 {
		n := &Node{Discovery: d, Local: local}
		if i < 30 {
			n = &Node{Local: local} // does not even wait for callers to notice
		}
		all.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			if i%3 == 0 {
				cancel()
			} else {
				time.AfterFunc(time.Duration(i)*100*time.Microsecond, cancel)
			}
			err := n.Serve(ctx, Server{Service: User, Listen: anyPort}, func() {}, func(o ...server.Option) server.Server {
				return userservice.NewServer(called("it"), o...)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if list := listed(t, cli); len(list) != 0 {
		t.Errorf("still listed: %v", list)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if err := cli.Close(); err != nil {
		t.Error(err)
	}
	goleak.VerifyNone(t, append(kitexKeeps(), before)...)
}

func TestClosingADiscoveryEndsItsGoroutines(t *testing.T) {
	endpoint := newEtcd(t).Addrs()[0].String()
	before := goleak.IgnoreCurrent()
	cli := connect(t, endpoint)
	d := NewEtcd(cli, t.TempDir())
	n := &Node{Discovery: d}
	r := serve(t, n, called("it"))
	if _, err := dial(t, n).GetAccount(t.Context(), &user.GetAccountReq{}); err != nil {
		t.Fatal(err)
	}
	r.stop(t)
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if _, err := d.Resolver().Resolve(t.Context(), "another"); err == nil {
		t.Error("a closed discovery follows further services")
	}
	if err := cli.Close(); err != nil {
		t.Error(err)
	}
	goleak.VerifyNone(t, append(kitexKeeps(), before)...)
}

// kitexKeeps are goroutines that Kitex and its libraries start once and share among all clients and servers of a
// process, for good.
func kitexKeeps() []goleak.Option {
	return []goleak.Option{
		goleak.IgnoreAnyFunction("google.golang.org/grpc.(*addrConn).resetTransportAndUnlock"), // registry-etcd's clients
		goleak.IgnoreAnyFunction("github.com/cloudwego/netpoll.(*defaultPoll).Wait"),
		goleak.IgnoreAnyFunction("github.com/cloudwego/kitex/pkg/loadbalance/lbcache.(*BalancerFactory).watcher"),
		goleak.IgnoreAnyFunction("github.com/cloudwego/kitex/pkg/utils.(*SharedTicker).Tick"),
		goleak.IgnoreAnyFunction("github.com/cloudwego/kitex/client.(*timeoutPool).createWorker.func1"),
		goleak.IgnoreAnyFunction("github.com/cloudwego/kitex/client.(*timeoutPool).createTicker.func1"),
		goleak.IgnoreAnyFunction("github.com/cloudwego/gopkg/concurrency/gopool.(*GoPool).runWorker"),
		goleak.IgnoreAnyFunction("github.com/cloudwego/gopkg/concurrency/gopool.(*GoPool).runTicker"),
	}
}

// listed is who is on the list.
func listed(t *testing.T, cli *clientv3.Client) []Instance {
	t.Helper()
	list, err := List(t.Context(), cli)
	if err != nil {
		t.Fatal(err)
	}
	return list
}
