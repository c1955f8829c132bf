package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/kitex/client/callopt"

	"github.com/tutti-music/tutti/api/clients"
	"github.com/tutti-music/tutti/api/middleware"
	"github.com/tutti-music/tutti/kitex_gen/user"
	"github.com/tutti-music/tutti/kitex_gen/user/userservice"
	"github.com/tutti-music/tutti/pkg/health"
	"github.com/tutti-music/tutti/pkg/rpc"
)

func TestARouteWithoutAnAudienceStopsTheGateway(t *testing.T) {
	l, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	defer func() {
		if recover() == nil {
			t.Error("a route without an audience was accepted")
		}
	}()
	undeclared := []Route{{http.MethodGet, "/secret", "", func(context.Context, *app.RequestContext) {}}}
	newServer(l, undeclared, &middleware.Gate{}, nil)
}

func TestAnAddressTellsItsMethods(t *testing.T) {
	s, err := newSite(Version{}, &health.Checks{})
	if err != nil {
		t.Fatal(err)
	}
	all := routes(&clients.Clients{}, s)
	for path, want := range map[string][]string{
		"/api/user/me":            {"GET", "HEAD", "PATCH", "DELETE"},
		"/api/user/login":         {"POST"},
		"/api/admin/accounts/abc": {"GET", "HEAD", "PATCH", "DELETE"},
		"/nowhere":                nil,
	} {
		if got := methods(all, path); !slices.Equal(got, want) {
			t.Errorf("%s answers %v, want %v", path, got, want)
		}
	}
}

// away is a discovery that lists nobody.
type away struct{ rpc.Discovery }

func (away) Announce(context.Context, rpc.Instance, func()) error {
	return errors.New("cannot be listed")
}

// revocations answers that nothing is revoked.
type revocations struct{ userservice.Client }

func (revocations) ListRevocations(context.Context, *user.ListRevocationsReq, ...callopt.Option) (*user.ListRevocationsResp, error) {
	return &user.ListRevocationsResp{AsOf: 1}, nil
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	l, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	revoked := middleware.NewRevoked(revocations{})
	return &gateway{Config{}, &rpc.Node{Discovery: away{}}, revoked, l, newServer(l, nil, &middleware.Gate{}, nil)}
}

func TestAGatewayThatCannotBeListedEnds(t *testing.T) {
	if err := newGateway(t).run(t.Context(), func() {}); err == nil {
		t.Error("it ended without a word")
	}
}

func TestAGatewayCanBeStoppedAtAnyMoment(t *testing.T) {
	for range 20 {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if err := newGateway(t).run(ctx, func() {}); err != nil && !strings.Contains(err.Error(), "cannot be listed") {
			t.Error(err)
		}
	}
}
