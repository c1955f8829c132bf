package user

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tutti-music/tutti/pkg/db"
	"github.com/tutti-music/tutti/pkg/db/dbtest"
	"github.com/tutti-music/tutti/pkg/errno"
	"github.com/tutti-music/tutti/pkg/identity"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Run(m)) }

const goodPassword = "correct horse"

// home is where the people of the tests come from.
var home = Peer{Address: "192.0.2.1", Agent: "test"}

// each runs a test on the service's rules on both databases. The clock stands still until the test moves it.
func each(t *testing.T, test func(t *testing.T, r *rules, clock *clock)) {
	dbtest.Each(t, func(t *testing.T, dsn string) {
		r, clock := newTestRules(t, dsn)
		test(t, r, clock)
	})
}

func newTestRules(t *testing.T, dsn string) (*rules, *clock) {
	t.Helper()
	d, err := db.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.Migrate(t.Context(), "user", migrations); err != nil {
		t.Fatal(err)
	}
	r, err := newRules(Config{Secret: strings.Repeat("s", identity.MinSecret), Registration: RegistrationOpen}, d)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{time.Now()}
	r.now = c.now
	return r, c
}

// clock is a time that only tests move. Access tokens are verified with the real one, so it only moves forward a little.
type clock struct{ t time.Time }

func (c *clock) now() time.Time       { return c.t }
func (c *clock) pass(d time.Duration) { c.t = c.t.Add(d) }

func register(t *testing.T, r *rules, name string) Account {
	t.Helper()
	a, err := r.register(t.Context(), application{name: name, password: goodPassword, peer: home})
	if err != nil {
		t.Fatalf("register %s: %v", name, err)
	}
	return a
}

func signIn(t *testing.T, r *rules, name string) grant {
	t.Helper()
	g, err := r.signIn(t.Context(), name, goodPassword, home)
	if err != nil {
		t.Fatalf("sign in %s: %v", name, err)
	}
	return g
}

// as is the context of a call by somebody who is signed in.
func as(t *testing.T, g grant) context.Context {
	t.Helper()
	return identity.Forward(t.Context(), g.access)
}

func want(t *testing.T, err error, e *errno.Error, field string) {
	t.Helper()
	if !errors.Is(err, e) || errno.From(err).Field() != field {
		t.Errorf("got %v, want %v in %q", err, e, field)
	}
}

func kinds(t *testing.T, r *rules, account string) []EventKind {
	t.Helper()
	page, err := r.store.read(t.Context()).events(account, "", "", 100)
	if err != nil {
		t.Fatal(err)
	}
	var found []EventKind
	for _, e := range page.Items {
		found = append(found, e.Kind)
	}
	return found
}
