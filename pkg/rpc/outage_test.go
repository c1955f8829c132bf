package rpc

import (
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cloudwego/kitex/client"

	"github.com/tutti-music/tutti/kitex_gen/user"
	"github.com/tutti-music/tutti/kitex_gen/user/userservice"
)

func TestNobodyNoticesThatEtcdIsWiped(t *testing.T) {
	t.Parallel()
	drivers := map[string]func(*testing.T, string) *Node{
		"ours":   func(t *testing.T, e string) *Node { t.Helper(); return newNode(t, connect(t, e)) },
		"theirs": theirNode,
	}
	for name, node := range drivers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint := freePort(t)
			e := startEtcd(t, t.TempDir(), endpoint)
			for range 100 { // the next etcd's revisions will be far below this one's
				if _, err := e.Client().Put(t.Context(), "x", "x"); err != nil {
					t.Fatal(err)
				}
			}
			n := node(t, endpoint)
			serve(t, n, called("it"))
			c := dial(t, n)
			var over atomic.Bool
			var caller sync.WaitGroup
			var calls atomic.Int32
			caller.Go(func() {
				for !over.Load() {
					if _, err := c.Login(t.Context(), aLogin()); err != nil {
						t.Errorf("call %d: %v", calls.Load(), err)
						return
					}
					calls.Add(1)
				}
			})
			eventually(t, "calls are made", func() bool { return calls.Load() > 10 })
			e.Close()
			before := calls.Load()
			eventually(t, "calls are made without etcd", func() bool { return calls.Load() > before+100 })
			if known(t, n) != 1 {
				t.Error("the resolver has forgotten the instance")
			}
			e = startEtcd(t, t.TempDir(), endpoint)
			eventually(t, "it is listed again", func() bool { return len(listed(t, e.Client())) == 1 })
			serve(t, n, called("another"))
			eventually(t, "what is new is noticed again", func() bool { return known(t, n) == 2 })
			over.Store(true)
			caller.Wait()
		})
	}
}

func TestAServerServesWhileEtcdIsAwayAndIsListedWhenItComes(t *testing.T) {
	t.Parallel()
	endpoint, address := freePort(t), freePort(t)
	n := newNode(t, connect(t, endpoint))
	r := begin(t, n, Server{Listen: address}, called("it"))
	c, err := userservice.NewClient(User, append(n.ClientOptions(Gateway, User), client.WithHostPorts(address))...)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "it serves", func() bool {
		_, err := c.GetAccount(t.Context(), &user.GetAccountReq{})
		return err == nil
	})
	select {
	case <-r.ready:
		t.Error("it is ready, although nobody can find it")
	default:
	}
	e := startEtcd(t, t.TempDir(), endpoint)
	r.wait(t)
	if got := addresses(listed(t, e.Client())); len(got) != 1 || got[0] != address {
		t.Errorf("listed: %v", got)
	}
}

func TestAProcessThatStartsWhileEtcdIsAwayKnowsWhatWasThere(t *testing.T) {
	t.Parallel()
	cache := filepath.Join(t.TempDir(), "cache")
	e := newEtcd(t)
	serve(t, newNode(t, e.Client()), called("it"))
	first := NewEtcd(e.Client(), cache)
	if known(t, &Node{Discovery: first}) != 1 {
		t.Fatal("the server is not known")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	n := &Node{Discovery: NewEtcd(connect(t, freePort(t)), cache)} // nobody answers there
	defer n.Discovery.Close()                                      //nolint:errcheck // it has nothing to tell
	if _, err := dial(t, n).GetAccount(t.Context(), &user.GetAccountReq{}); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(cache, User+".json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := NewEtcd(e.Client(), cache)
	defer damaged.Close() //nolint:errcheck // it has nothing to tell
	if known(t, &Node{Discovery: damaged}) != 1 {
		t.Error("a damaged file is in the way of what etcd says")
	}
}

func TestTheLastInstanceIsRememberedUntilAnotherComes(t *testing.T) {
	t.Parallel()
	cli := newEtcd(t).Client()
	n := newNode(t, cli)
	r := serve(t, n, called("first"))
	c := dial(t, n)
	if _, err := c.GetAccount(t.Context(), &user.GetAccountReq{}); err != nil {
		t.Fatal(err)
	}
	r.stop(t)
	if known(t, n) != 1 {
		t.Error("it is forgotten")
	}
	serve(t, n, called("second"))
	eventually(t, "the second is called", func() bool {
		resp, err := c.GetAccount(t.Context(), &user.GetAccountReq{})
		return err == nil && resp.Account.Name == "second"
	})
	if known(t, n) != 1 {
		t.Error("the first is still known beside the second")
	}
}

// freePort is an address on which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", anyPort)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it never accepted
	return l.Addr().String()
}
