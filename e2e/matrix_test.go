package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tutti-music/tutti/pkg/identity"
)

// TestWhoMayCallWhat calls every route of the contract as every kind of caller. api's own tests hold the contract
// against the router, and a route without an audience stops the gateway from starting.
func TestWhoMayCallWhat(t *testing.T) {
	s := allInOne(t)
	admin := newPerson(t, s.gateways[0], "admin")
	victim := newPerson(t, s.gateways[0], "victim") // whose account and session the others go for
	before := admin.must("GET", "/api/admin/accounts/"+victim.id, nil)
	callers := newCallers(t, admin)

	for path, item := range promised(t).Paths.Map() {
		for method, o := range item.Operations() {
			who, _ := o.Extensions["x-audience"].(string)
			for name, caller := range callers {
				p := caller()
				got := p.call(method, strings.ReplaceAll(path, "{id}", target(path, victim)), body(method)).status
				if through := got != http.StatusUnauthorized && got != http.StatusForbidden; through != slices.Contains(mayCall[who], name) {
					t.Errorf("%s %s is for %q; %s got %d", method, path, who, name, got)
				}
			}
		}
	}
	victim.must("GET", "/api/user/me", nil)
	if after := admin.must("GET", "/api/admin/accounts/"+victim.id, nil); string(after.Data) != string(before.Data) {
		t.Errorf("the victim was\n%s\nand is\n%s", before.Data, after.Data)
	}
}

// mayCall is who gets through to the routes of each audience.
var mayCall = map[string][]string{
	"anyone":    {"nobody", "forged", "expired", "disabled", "deleted", "signed out", "listener", "admin"},
	"signed in": {"listener", "admin"},
	"admin":     {"admin"},
}

// target is the id that a call goes for. Administrators may do everything to everybody, so what they would destroy is
// not there.
func target(path string, victim *person) string {
	if strings.HasPrefix(path, "/api/user/") {
		id, _ := identityOf(victim)
		return id.Session
	}
	return "01KB2YH4T8Z6V3Q9M5N7P1R0SX"
}

func identityOf(p *person) (identity.Identity, error) {
	key, err := identity.NewKey(secret)
	if err != nil {
		return identity.Identity{}, err
	}
	return key.Verify(p.access)
}

// body is one that no route accepts, so that a call that gets through changes nothing.
func body(method string) any {
	if method == http.MethodPost || method == http.MethodPatch {
		return `{"no such field":1}`
	}
	return nil
}

// newCallers returns a maker for each kind of caller: some routes use their caller up.
func newCallers(t *testing.T, admin *person) map[string]func() *person {
	t.Helper()
	n := 0
	fresh := func() *person {
		n++
		return newPerson(t, admin.gateway, fmt.Sprintf("listener-%d", n))
	}
	with := func(access string) func() *person {
		return func() *person { return &person{t: t, gateway: admin.gateway, access: access} }
	}
	out := func(end func(p *person)) func() *person {
		p := fresh()
		end(p)
		within(t, 10*time.Second, "signed out", func() bool { return p.call("GET", "/api/user/me", nil).status == http.StatusUnauthorized })
		return with(p.access)
	}
	boss := func() *person {
		p := fresh()
		admin.must("PATCH", "/api/admin/accounts/"+p.id, map[string]string{"role": "admin"})
		p.signIn(password)
		return p
	}
	return map[string]func() *person{
		"nobody":     with(""),
		"forged":     with(admin.access + "x"),
		"expired":    with(expired(t, admin)),
		"disabled":   out(func(p *person) { admin.must("PATCH", "/api/admin/accounts/"+p.id, map[string]bool{"disabled": true}) }),
		"deleted":    out(func(p *person) { admin.must("DELETE", "/api/admin/accounts/"+p.id, nil) }),
		"signed out": out(func(p *person) { p.must("POST", "/api/user/logout", nil) }),
		"listener":   again(fresh),
		"admin":      again(boss),
	}
}

// again returns the same person each time, or another once that one is no longer signed in.
func again(another func() *person) func() *person {
	p := another()
	return func() *person {
		if p.call("GET", "/api/user/me", nil).status != http.StatusOK {
			p = another()
		}
		return p
	}
}

// expired is a token that was good an hour ago.
func expired(t *testing.T, p *person) string {
	t.Helper()
	key, err := identity.NewKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	id, err := key.Verify(p.access)
	if err != nil {
		t.Fatal(err)
	}
	token, err := key.Sign(id, time.Now().Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return token
}
