package rpc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cloudwego/kitex/server"

	"github.com/tutti-music/tutti/kitex_gen/user"
	"github.com/tutti-music/tutti/kitex_gen/user/userservice"
	"github.com/tutti-music/tutti/pkg/errno"
	"github.com/tutti-music/tutti/pkg/etcd"
)

// childVariable makes the test binary a process to be killed: it is the endpoint of etcd.
const childVariable = "TUTTI_RPC_TEST_CHILD"

// child serves until it is killed. It never answers; it writes a line for every call that reached it.
func child(endpoint string) error {
	cli, err := etcd.Dial([]string{endpoint})
	if err != nil {
		return err
	}
	n := &Node{Discovery: NewEtcd(cli, "")}
	h := &accounts{
		get: func(context.Context, *user.GetAccountReq) (*user.GetAccountResp, error) {
			fmt.Println("called")
			select {}
		},
		login: func(context.Context, *user.LoginReq) (*user.LoginResp, error) {
			fmt.Println("called")
			select {}
		},
	}
	return n.Serve(context.Background(), Server{Service: User, Listen: anyPort}, func() { fmt.Println("ready") },
		func(o ...server.Option) server.Server { return userservice.NewServer(h, o...) })
}

// victim is such a process, as its parent sees it.
type victim struct {
	cmd   *exec.Cmd
	calls atomic.Int32
}

func startVictim(t *testing.T, endpoint string) *victim {
	t.Helper()
	v := &victim{cmd: exec.CommandContext(t.Context(), os.Args[0])}
	v.cmd.Env = append(os.Environ(), childVariable+"="+endpoint)
	v.cmd.Stderr = os.Stderr
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.kill(t) })
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the child says %q, %v", lines.Text(), lines.Err())
	}
	go func() {
		for lines.Scan() {
			v.calls.Add(1)
		}
	}()
	return v
}

// kill is kill -9.
func (v *victim) kill(t *testing.T) {
	t.Helper()
	if err := v.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
	_ = v.cmd.Wait() // "signal: killed"
}

func TestAKilledInstanceIsOnlyMissedByCallsThatMustNotBeRepeated(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(context.Context, userservice.Client) error{
		"repeatable": func(ctx context.Context, c userservice.Client) error {
			_, err := c.GetAccount(ctx, &user.GetAccountReq{})
			return err
		},
		"once": func(ctx context.Context, c userservice.Client) error {
			_, err := c.Login(ctx, aLogin())
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint := newEtcd(t).Addrs()[0].String()
			n := newNode(t, connect(t, endpoint))
			var served atomic.Int32
			serve(t, n, counting(&served))
			v := startVictim(t, endpoint)
			c := dial(t, n, "GetAccount")
			eventually(t, "the client knows both", func() bool { return known(t, n) == 2 })

			const calls = 20
			errs := make([]error, calls)
			var all sync.WaitGroup
			for i := range errs {
				all.Go(func() { errs[i] = call(t.Context(), c) })
			}
			eventually(t, "every call is somewhere", func() bool { return served.Load()+v.calls.Load() == calls })
			interrupted := int(v.calls.Load())
			if interrupted == 0 {
				t.Fatal("no call reached the instance that is killed")
			}
			v.kill(t)
			all.Wait()

			failed, wantFailed := 0, 0
			if name == "once" {
				wantFailed = interrupted
			}
			for _, err := range errs {
				if err != nil {
					mustBe(t, err, errno.Unavailable)
					failed++
				}
			}
			if failed != wantFailed || int(served.Load()) != calls-wantFailed {
				t.Errorf("of %d calls %d were interrupted, %d failed, %d served; want %d failed and %d served", calls,
					interrupted, failed, served.Load(), wantFailed, calls-wantFailed)
			}
			if known(t, n) != 2 {
				t.Error("the killed instance is already off the list; what follows shows nothing")
			}
			for range 100 {
				if err := call(t.Context(), c); err != nil {
					t.Fatalf("a call after the kill: %v", err)
				}
			}
		})
	}
}

// counting answers every call and counts it.
func counting(served *atomic.Int32) *accounts {
	h := called("it")
	get, login := h.get, h.login
	return &accounts{
		get: func(ctx context.Context, r *user.GetAccountReq) (*user.GetAccountResp, error) {
			served.Add(1)
			return get(ctx, r)
		},
		login: func(ctx context.Context, r *user.LoginReq) (*user.LoginResp, error) {
			served.Add(1)
			return login(ctx, r)
		},
	}
}

// aLogin is a complete request: Thrift refuses one without its required structs.
func aLogin() *user.LoginReq { return &user.LoginReq{Peer: &user.Peer{}} }

// known is how many instances of the service the resolver of n knows.
func known(t *testing.T, n *Node) int {
	t.Helper()
	r, err := n.Discovery.Resolver().Resolve(t.Context(), User)
	if err != nil {
		return 0
	}
	return len(r.Instances)
}

func TestABusinessErrorIsNotRepeated(t *testing.T) {
	t.Parallel()
	n := newNode(t, newEtcd(t).Client())
	var served atomic.Int32
	h := &accounts{get: func(context.Context, *user.GetAccountReq) (*user.GetAccountResp, error) {
		served.Add(1)
		return nil, errno.NameTaken
	}}
	serve(t, n, h)
	serve(t, n, h)
	_, err := dial(t, n, "GetAccount").GetAccount(t.Context(), &user.GetAccountReq{})
	mustBe(t, err, errno.NameTaken)
	if served.Load() != 1 {
		t.Errorf("served %d times", served.Load())
	}
}
