package rpc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bytedance/gopkg/cloud/metainfo"

	"github.com/tutti-music/tutti/kitex_gen/user"
	"github.com/tutti-music/tutti/kitex_gen/user/userservice"
	"github.com/tutti-music/tutti/pkg/errno"
)

// forms are the ways to reach a service; every one must look the same to both ends.
func forms(t *testing.T, test func(t *testing.T, connect func(*testing.T, user.UserService) userservice.Client)) {
	t.Helper()
	cli := newEtcd(t).Client()
	t.Run("network", func(t *testing.T) {
		test(t, func(t *testing.T, h user.UserService) userservice.Client {
			t.Helper()
			n := newNode(t, cli)
			serve(t, n, h)
			return dial(t, n, "GetAccount")
		})
	})
	t.Run("local", func(t *testing.T) {
		test(t, func(t *testing.T, h user.UserService) userservice.Client {
			t.Helper()
			n := newNode(t, cli)
			n.Local = NewLocal()
			begin(t, n, Server{}, h).wait(t)
			return dial(t, n, "GetAccount")
		})
	})
}

var errSecret = errors.New("dial mysql://root:hunter2@db")

func TestWhoHasAnotherSecretIsRefused(t *testing.T) {
	cli := newEtcd(t).Client()
	local := NewLocal()
	for form, server := range map[string]Server{"network": {Listen: anyPort}, "local": {}} {
		for proof, want := range map[string]*errno.Error{"right": nil, "wrong": errno.OtherSecret, "": errno.OtherSecret} {
			t.Run(form+" "+proof, func(t *testing.T) {
				log := captured(t)
				n := newNode(t, cli)
				n.Proof = "right"
				caller := newNode(t, cli)
				caller.Proof = proof
				if form == "local" {
					n.Local, caller.Local = local, local
				}
				var calls atomic.Int32
				begin(t, n, server, &accounts{get: func(context.Context, *user.GetAccountReq) (*user.GetAccountResp, error) {
					calls.Add(1)
					return &user.GetAccountResp{Account: &user.Account{}}, nil
				}}).wait(t)
				_, err := dial(t, caller).GetAccount(t.Context(), &user.GetAccountReq{})
				if want == nil {
					if err != nil || calls.Load() != 1 {
						t.Errorf("with the secret: %v, %d calls", err, calls.Load())
					}
					return
				}
				mustBe(t, err, want)
				if calls.Load() != 0 || !strings.Contains(log.String(), "another secret") {
					t.Errorf("%d calls got through; the log says %s", calls.Load(), log)
				}
			})
		}
	}
}

func TestWhatCrossesTheWire(t *testing.T) {
	cases := []struct {
		name   string
		answer func() (*user.GetAccountResp, error)
		want   *errno.Error // nil: success
		logs   bool
	}{
		{"an answer", func() (*user.GetAccountResp, error) { return &user.GetAccountResp{Account: &user.Account{}}, nil }, nil, false},
		{"an errno", failing(errno.NameTaken), errno.NameTaken, false},
		{"an errno with a cause", failing(errno.NameTaken.Because(errSecret)), errno.NameTaken, false},
		{"an errno of ours with a cause", failing(errno.Unavailable.Because(errSecret)), errno.Unavailable, true},
		{"a wrapped errno", failing(fmt.Errorf("register hunter2: %w", errno.NameTaken)), errno.NameTaken, false},
		{"field and waiting time", failing(errno.TooMany.In("name").After(1500 * time.Millisecond)),
			errno.TooMany.In("name").After(1500 * time.Millisecond), false},
		{"anything else", failing(errSecret), errno.Internal, true},
		{"a deadline that passed", failing(fmt.Errorf("hunter2: %w", context.DeadlineExceeded)), errno.Unavailable, true},
		{"a caller who left", failing(fmt.Errorf("hunter2: %w", context.Canceled)), errno.Unavailable, true},
		{"a panic", func() (*user.GetAccountResp, error) { panic("hunter2") }, errno.Internal, true},
		{"nothing at all", func() (*user.GetAccountResp, error) { return nil, nil }, errno.Internal, true},
	}
	forms(t, func(t *testing.T, connect func(*testing.T, user.UserService) userservice.Client) {
		t.Helper()
		var answer atomic.Pointer[func() (*user.GetAccountResp, error)]
		client := connect(t, &accounts{get: func(context.Context, *user.GetAccountReq) (*user.GetAccountResp, error) {
			return (*answer.Load())()
		}})
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				log := captured(t)
				answer.Store(&c.answer)
				resp, err := client.GetAccount(t.Context(), &user.GetAccountReq{})
				if c.want == nil {
					if err != nil || resp == nil {
						t.Fatalf("got %v, %v", resp, err)
					}
					return
				}
				var e *errno.Error
				if !errors.As(err, &e) {
					t.Fatalf("got %v (%T), want an errno", err, err)
				}
				if !errors.Is(e, c.want) || e.Field() != c.want.Field() || e.RetryAfter() != c.want.RetryAfter() {
					t.Errorf("got %v in %q after %v, want %v", e, e.Field(), e.RetryAfter(), c.want)
				}
				if strings.Contains(err.Error(), "hunter2") {
					t.Errorf("the cause left the service: %v", err)
				}
				if got := strings.Count(log.String(), "call failed"); got != map[bool]int{true: 1}[c.logs] {
					t.Errorf("logged %d times:\n%s", got, log)
				}
				if c.logs && !strings.Contains(log.String(), "method=GetAccount") {
					t.Errorf("the log does not name the method:\n%s", log)
				}
				if c.logs && c.name != "nothing at all" && !strings.Contains(log.String(), "hunter2") {
					t.Errorf("the log does not hold the cause:\n%s", log)
				}
			})
		}
	})
}

func failing(err error) func() (*user.GetAccountResp, error) {
	return func() (*user.GetAccountResp, error) { return nil, err }
}

func TestWhatTheCallerForwardsArrives(t *testing.T) {
	t.Parallel()
	forms(t, func(t *testing.T, connect func(*testing.T, user.UserService) userservice.Client) {
		t.Helper()
		h := &accounts{get: func(ctx context.Context, _ *user.GetAccountReq) (*user.GetAccountResp, error) {
			persistent, _ := metainfo.GetPersistentValue(ctx, "TOKEN")
			once, _ := metainfo.GetValue(ctx, "ONCE")
			return &user.GetAccountResp{Account: &user.Account{Name: persistent, Email: once}}, nil
		}}
		ctx := metainfo.WithPersistentValue(t.Context(), "TOKEN", "abc")
		ctx = metainfo.WithValue(ctx, "ONCE", "def")
		resp, err := connect(t, h).GetAccount(ctx, &user.GetAccountReq{})
		if err != nil {
			t.Fatal(err)
		}
		if resp.Account.Name != "abc" || resp.Account.Email != "def" {
			t.Errorf("arrived: %q, %q", resp.Account.Name, resp.Account.Email)
		}
	})
}

func TestAServiceKnowsHowLongItsCallerWaits(t *testing.T) {
	t.Parallel()
	forms(t, func(t *testing.T, connect func(*testing.T, user.UserService) userservice.Client) {
		t.Helper()
		left := make(chan time.Duration, 1)
		c := connect(t, &accounts{get: func(ctx context.Context, _ *user.GetAccountReq) (*user.GetAccountResp, error) {
			deadline, _ := ctx.Deadline()
			left <- time.Until(deadline)
			return &user.GetAccountResp{Account: &user.Account{}}, nil
		}})
		for _, want := range []time.Duration{time.Second, callTimeout} {
			ctx, cancel := context.WithTimeout(t.Context(), want)
			defer cancel()
			if want == callTimeout {
				ctx = t.Context()
			}
			if _, err := c.GetAccount(ctx, &user.GetAccountReq{}); err != nil {
				t.Fatal(err)
			}
			if got := <-left; got <= 0 || got > want {
				t.Errorf("%v left of %v", got, want)
			}
		}
	})
}

func TestACallThatTakesTooLongIsUnavailable(t *testing.T) {
	t.Parallel()
	forms(t, func(t *testing.T, connect func(*testing.T, user.UserService) userservice.Client) {
		t.Helper()
		c := connect(t, &accounts{get: func(ctx context.Context, _ *user.GetAccountReq) (*user.GetAccountResp, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := c.GetAccount(ctx, &user.GetAccountReq{})
		mustBe(t, err, errno.Unavailable)
	})
}

func TestWithoutAServerACallIsUnavailable(t *testing.T) {
	t.Parallel()
	cli := newEtcd(t).Client()
	_, err := dial(t, newNode(t, cli), "GetAccount").GetAccount(t.Context(), &user.GetAccountReq{})
	mustBe(t, err, errno.Unavailable)

	n := newNode(t, cli)
	n.Local = NewLocal()
	r := begin(t, n, Server{}, called("one")).wait(t)
	c := dial(t, n)
	if _, err := c.GetAccount(t.Context(), &user.GetAccountReq{}); err != nil {
		t.Fatal(err)
	}
	r.stop(t)
	_, err = c.GetAccount(t.Context(), &user.GetAccountReq{})
	mustBe(t, err, errno.Unavailable)
}

// mustBe checks that err is an errno itself, not only something that can be made one.
func mustBe(t *testing.T, err error, want *errno.Error) {
	t.Helper()
	var e *errno.Error
	if !errors.As(err, &e) || !errors.Is(e, want) {
		t.Errorf("got %v (%T), want %v", err, err, want)
	}
}
