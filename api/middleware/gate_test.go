package middleware_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/common/config"
	"github.com/cloudwego/hertz/pkg/common/ut"
	"github.com/cloudwego/hertz/pkg/route"
	"github.com/cloudwego/kitex/client/callopt"

	"github.com/tutti-music/tutti/api/caller"
	"github.com/tutti-music/tutti/api/middleware"
	"github.com/tutti-music/tutti/kitex_gen/user"
	"github.com/tutti-music/tutti/kitex_gen/user/userservice"
	"github.com/tutti-music/tutti/pkg/errno"
	"github.com/tutti-music/tutti/pkg/identity"
)

// users answers ListRevocations with a function; any other call panics, which is a failed test that names the call.
type users struct {
	userservice.Client

	revocations func(since int64) (*user.ListRevocationsResp, error)
}

func (u users) ListRevocations(_ context.Context, req *user.ListRevocationsReq, _ ...callopt.Option) (*user.ListRevocationsResp, error) {
	return u.revocations(req.Since)
}

func key(t *testing.T) identity.Key {
	t.Helper()
	k, err := identity.NewKey(strings.Repeat("s", identity.MinSecret))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sign(t *testing.T, id identity.Identity) string {
	t.Helper()
	token, err := key(t).Sign(id, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// follow returns what a gateway knows after it was told items, and stops learning.
func follow(t *testing.T, items ...*user.Revocation) *middleware.Revoked {
	t.Helper()
	r := middleware.NewRevoked(users{revocations: func(int64) (*user.ListRevocationsResp, error) {
		return &user.ListRevocationsResp{Items: items, AsOf: 1}, nil
	}})
	ctx, stop := context.WithCancel(t.Context())
	r.Follow(ctx, stop)
	return r
}

func TestWhatVoidsAToken(t *testing.T) {
	r := follow(t,
		&user.Revocation{Subject: "ended"},
		&user.Revocation{Subject: "demoted", Version: 2},
		&user.Revocation{Subject: "demoted", Version: 1},
	)
	for _, c := range []struct {
		id    identity.Identity
		voids bool
	}{
		{identity.Identity{Account: "a", Session: "ended"}, true},
		{identity.Identity{Account: "a", Session: "another"}, false},
		{identity.Identity{Account: "demoted", Session: "s", Version: 1}, true},
		{identity.Identity{Account: "demoted", Session: "s", Version: 2}, false},
	} {
		if errors.Is(r.Check(c.id), errno.SessionEnded) != c.voids {
			t.Errorf("%+v is void: %v", c.id, !c.voids)
		}
	}
}

func TestWhileTheUserServiceIsAwayWhatIsKnownStaysKnown(t *testing.T) {
	var mu sync.Mutex
	var asked []int64
	again := make(chan struct{})
	r := middleware.NewRevoked(users{revocations: func(since int64) (*user.ListRevocationsResp, error) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, since)
		switch len(asked) {
		case 1:
			return nil, errors.New("not up yet")
		case 2:
			return &user.ListRevocationsResp{Items: []*user.Revocation{{Subject: "ended"}}, AsOf: 42}, nil
		case 4:
			close(again)
		}
		return nil, errors.New("away")
	}})
	if err := r.Check(identity.Identity{Session: "any"}); !errors.Is(err, errno.Unavailable) {
		t.Errorf("before it was told anything: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	learned := make(chan struct{})
	go func() { defer close(done); r.Follow(ctx, func() { close(learned) }) }()
	<-learned
	if !errors.Is(r.Check(identity.Identity{Session: "ended"}), errno.SessionEnded) {
		t.Error("ready before it knew")
	}
	<-again
	stop()
	<-done
	if !errors.Is(r.Check(identity.Identity{Session: "ended"}), errno.SessionEnded) || asked[2] != 42 || asked[3] != 42 {
		t.Errorf("afterwards it asks for what came since %v", asked)
	}
}

func TestTheGate(t *testing.T) {
	gate := &middleware.Gate{Key: key(t), Revoked: follow(t, &user.Revocation{Subject: "ended"})}
	engine := route.NewEngine(config.NewOptions(nil))
	who := func(ctx context.Context, c *app.RequestContext) { c.String(http.StatusOK, caller.From(ctx).Account) }
	engine.GET("/mine", gate.SignedIn, who)
	engine.GET("/admin", gate.SignedIn, gate.Admin, who)

	listener := sign(t, identity.Identity{Account: "bob", Session: "s", Role: identity.Listener})
	admin := sign(t, identity.Identity{Account: "ada", Session: "s", Role: identity.Admin})
	ended := sign(t, identity.Identity{Account: "bob", Session: "ended", Role: identity.Listener})
	for _, c := range []struct {
		path          string
		header, value string
		status        int
	}{
		{"/mine", "", "", 401},
		{"/mine", "Authorization", "Bearer " + listener, 200},
		{"/mine", "Authorization", "bearer  " + listener, 200},
		{"/mine", "Authorization", listener, 401},
		{"/mine", "Authorization", "Basic " + listener, 401},
		{"/mine", "Authorization", "Bearer " + ended, 401},
		{"/mine", "Cookie", "tutti_access=" + listener, 200},
		{"/mine", "Cookie", "other=" + listener, 401},
		{"/admin", "Authorization", "Bearer " + listener, 403},
		{"/admin", "Authorization", "Bearer " + admin, 200},
	} {
		resp := ut.PerformRequest(engine, http.MethodGet, c.path, nil, ut.Header{Key: c.header, Value: c.value}).Result()
		if resp.StatusCode() != c.status {
			t.Errorf("%s with %s %.12s…: %d, want %d", c.path, c.header, c.value, resp.StatusCode(), c.status)
		}
	}
}
