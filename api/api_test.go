package api

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/cloudwego/hertz/pkg/app"

	"github.com/tutti-music/tutti/api/clients"
	"github.com/tutti-music/tutti/api/middleware"
	"github.com/tutti-music/tutti/pkg/health"
	"github.com/tutti-music/tutti/pkg/telemetry"
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
	newServer(l, undeclared, &middleware.Gate{}, Config{}, telemetry.NewMetrics("test"))
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
