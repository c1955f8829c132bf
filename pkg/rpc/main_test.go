package rpc

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/cloudwego/kitex/pkg/klog"
	"github.com/cloudwego/kitex/server"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/tutti-music/tutti/kitex_gen/user"
	"github.com/tutti-music/tutti/kitex_gen/user/userservice"
	"github.com/tutti-music/tutti/pkg/etcd"
)

func TestMain(m *testing.M) {
	klog.SetLevel(klog.LevelFatal)
	if endpoint := os.Getenv(childVariable); endpoint != "" {
		if err := child(endpoint); err != nil {
			slog.Error("child", "err", err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// accounts is a user service that answers one idempotent method and one that is not.
type accounts struct {
	user.UserService
	get   func(context.Context, *user.GetAccountReq) (*user.GetAccountResp, error)
	login func(context.Context, *user.LoginReq) (*user.LoginResp, error)
}

func (a *accounts) GetAccount(ctx context.Context, r *user.GetAccountReq) (*user.GetAccountResp, error) {
	return a.get(ctx, r)
}

func (a *accounts) Login(ctx context.Context, r *user.LoginReq) (*user.LoginResp, error) {
	return a.login(ctx, r)
}

// called answers every call with its own name.
func called(name string) *accounts {
	return &accounts{
		get: func(context.Context, *user.GetAccountReq) (*user.GetAccountResp, error) {
			return &user.GetAccountResp{Account: &user.Account{Name: name}}, nil
		},
		login: func(context.Context, *user.LoginReq) (*user.LoginResp, error) {
			return &user.LoginResp{Tokens: &user.Tokens{Account: &user.Account{Name: name}}}, nil
		},
	}
}

// running is a server under test.
type running struct {
	cancel context.CancelFunc
	ready  chan struct{}
	done   chan error
}

// begin starts a server; it is stopped by stop or at the end of the test.
func begin(t *testing.T, n *Node, s Server, h user.UserService) *running {
	t.Helper()
	if s.Service == "" {
		s.Service = User
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	r := &running{cancel: cancel, ready: make(chan struct{}), done: make(chan error, 1)}
	go func() {
		r.done <- n.Serve(ctx, s, func() { close(r.ready) }, func(o ...server.Option) server.Server {
			return userservice.NewServer(h, o...)
		})
		close(r.done)
	}()
	t.Cleanup(func() { r.stop(t) })
	return r
}

func (r *running) stop(t *testing.T) {
	t.Helper()
	r.cancel()
	select {
	case err := <-r.done:
		if err != nil {
			t.Errorf("Serve: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("Serve does not end")
	}
}

func (r *running) wait(t *testing.T) *running {
	t.Helper()
	select {
	case <-r.ready:
	case err := <-r.done:
		t.Fatalf("Serve ended: %v", err)
	case <-time.After(20 * time.Second):
		t.Fatal("never ready")
	}
	return r
}

const anyPort = "127.0.0.1:0"

// serve starts a server that is listed when serve returns.
func serve(t *testing.T, n *Node, h user.UserService) *running {
	t.Helper()
	return begin(t, n, Server{Listen: anyPort}, h).wait(t)
}

func dial(t *testing.T, n *Node, idempotent ...string) userservice.Client {
	t.Helper()
	c, err := userservice.NewClient(User, n.ClientOptions(Gateway, User, idempotent...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newEtcd(t *testing.T) *etcd.Server {
	t.Helper()
	return startEtcd(t, t.TempDir(), anyPort)
}

func startEtcd(t *testing.T, dir, listen string) *etcd.Server {
	t.Helper()
	s, err := etcd.Start(t.Context(), etcd.Config{Dir: dir, Listen: listen})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// connect returns a client of s over the network.
func connect(t *testing.T, endpoint string) *clientv3.Client {
	t.Helper()
	c, err := etcd.Dial([]string{endpoint})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// newNode returns a node with our driver on cli.
func newNode(t *testing.T, cli *clientv3.Client) *Node {
	t.Helper()
	d := NewEtcd(cli, "")
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return &Node{Discovery: d, Version: "v1", Zone: "here"}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// logged collects what is logged during the test.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(p) }

func (l *logged) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

func captured(t *testing.T) *logged {
	t.Helper()
	l := &logged{}
	logTo(t, l)
	return l
}

func logTo(t *testing.T, w io.Writer) {
	t.Helper()
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(w, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
}
