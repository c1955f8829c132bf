package user

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tutti-music/tutti/pkg/errno"
)

func TestSigningInNeedsTheRightPassword(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		ada := register(t, r, "Ada")
		if g := signIn(t, r, "aDA"); g.account.ID != ada.ID {
			t.Errorf("signed in as %s", g.account.ID)
		}
		for _, c := range [][2]string{{"Ada", "wrong horse"}, {"Ada", ""}, {"nobody", goodPassword}, {"", ""}, {"x\x00y", "z"}} {
			_, err := r.signIn(t.Context(), c[0], c[1], Peer{Address: "192.0.2.9"})
			want(t, err, errno.WrongPassword, "")
		}
		if k := kinds(t, r, ada.ID); !slices.Contains(k, SignInFailed) || !slices.Contains(k, SignedIn) {
			t.Errorf("on record: %v", k)
		}
	})
}

func TestAnEmptyStoredPasswordMatchesNothing(t *testing.T) {
	p, err := newPasswords()
	if err != nil {
		t.Fatal(err)
	}
	for _, guess := range []string{"", "nobody has this password"} {
		if ok, err := p.match(guess, ""); ok || err != nil {
			t.Errorf("%q matches an empty hash (%v)", guess, err)
		}
	}
}

func TestTooManyFailuresHaveToWaitButOnlyWhereTheyComeFrom(t *testing.T) {
	each(t, func(t *testing.T, r *rules, clock *clock) {
		register(t, r, "ada")
		stranger := Peer{Address: "2001:db8::1"}
		for range r.limits.signIn.free {
			_, err := r.signIn(t.Context(), "ada", "a wrong guess", stranger)
			want(t, err, errno.WrongPassword, "")
		}
		_, err := r.signIn(t.Context(), "ada", goodPassword, Peer{Address: "2001:db8::2"}) // the same network
		want(t, err, errno.TooMany, "")
		if after := errno.From(err).RetryAfter(); after <= 0 || after > time.Second {
			t.Errorf("the first wait is %v", after)
		}
		signIn(t, r, "ada") // the owner, from home, is not locked out

		clock.pass(time.Second)
		_, err = r.signIn(t.Context(), "ada", "a wrong guess", stranger)
		want(t, err, errno.WrongPassword, "")
		_, err = r.signIn(t.Context(), "ada", "a wrong guess", stranger)
		if after := errno.From(err).RetryAfter(); after <= time.Second || after > 2*time.Second {
			t.Errorf("the second wait is %v, %v", after, err)
		}
		clock.pass(2 * time.Second)
		if _, err := r.signIn(t.Context(), "ada", goodPassword, stranger); err != nil {
			t.Errorf("the right password after the wait: %v", err)
		}
		_, err = r.signIn(t.Context(), "ada", "a wrong guess", stranger)
		want(t, err, errno.WrongPassword, "") // and all is forgiven
	})
}

func TestManyAddressesOfOneNetworkShareTheLimitOnRegistration(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		r.limits = newLimits(2)
		try := func(name, address string) error {
			_, err := r.register(t.Context(), application{name: name, password: goodPassword, peer: Peer{Address: address}})
			return err
		}
		if err := errors.Join(try("ada", "2001:db8::1"), try("bob", "2001:db8::2")); err != nil {
			t.Fatal(err)
		}
		want(t, try("carol", "2001:db8::3"), errno.TooMany, "")
		if err := try("carol", "2001:db8:0:1::1"); err != nil {
			t.Errorf("from elsewhere: %v", err)
		}
	})
}

func TestARefreshTokenIsGoodOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		ada := register(t, r, "ada")
		first := signIn(t, r, "ada")
		second, err := r.refresh(t.Context(), first.refresh, "op-1", home)
		if err != nil {
			t.Fatal(err)
		}
		retried, err := r.refresh(t.Context(), first.refresh, "op-1", home) // its answer was lost on the way
		if err != nil {
			t.Fatalf("a retry of the same operation: %v", err)
		}
		if _, err := r.refresh(t.Context(), retried.refresh, "op-2", home); err != nil {
			t.Fatalf("the token that the retry gave: %v", err)
		}
		_, err = r.refresh(t.Context(), second.refresh, "op-3", home)
		want(t, err, errno.SessionEnded, "")
		_, err = r.refresh(t.Context(), retried.refresh, "op-4", home)
		want(t, err, errno.SessionEnded, "") // the whole family is out
		if k := kinds(t, r, ada.ID); !slices.Contains(k, TokenReused) {
			t.Errorf("on record: %v", k)
		}
	})
}

func TestOfManyWhoSpendOneTokenAtOnceNobodyKeepsTheSession(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		register(t, r, "ada")
		g := signIn(t, r, "ada")
		var all sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			all.Go(func() { _, errs[i] = r.refresh(t.Context(), g.refresh, newID(), home) })
		}
		all.Wait()
		won := slices.DeleteFunc(errs, func(err error) bool { return err != nil })
		if len(won) > 1 {
			t.Errorf("%d got new tokens", len(won))
		}
		page, err := r.store.read(t.Context()).sessions(g.account.ID, "", 10)
		if err != nil || page.Total != 0 {
			t.Errorf("%d sessions are left, %v", page.Total, err)
		}
	})
}

func TestAForgedRefreshTokenEndsNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		register(t, r, "ada")
		g := signIn(t, r, "ada")
		forged := []byte(g.refresh)
		forged[30] ^= 1
		for _, token := range []string{"", "x", string(forged), g.refresh + "A", g.access} {
			_, err := r.refresh(t.Context(), token, "op", home)
			want(t, err, errno.SessionEnded, "")
		}
		if _, err := r.refresh(t.Context(), g.refresh, "op", home); err != nil {
			t.Errorf("the good token afterwards: %v", err)
		}
	})
}

func TestASessionEndsWhenItIsNotUsed(t *testing.T) {
	each(t, func(t *testing.T, r *rules, clock *clock) {
		register(t, r, "ada")
		g := signIn(t, r, "ada")
		clock.pass(refreshLifetime)
		_, err := r.refresh(t.Context(), g.refresh, "op", home)
		want(t, err, errno.SessionEnded, "")
		if err := r.forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		if page, err := r.store.read(t.Context()).sessions(g.account.ID, "", 10); err != nil || page.Total != 0 {
			t.Errorf("%d sessions after the clean-up, %v", page.Total, err)
		}
	})
}

// voided says whether the gateway would refuse the token of g.
func voided(t *testing.T, r *rules, g grant) bool {
	t.Helper()
	id, err := r.access.Verify(g.access)
	if err != nil {
		t.Fatal(err)
	}
	found, _, err := r.revocations(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(found, func(v Revocation) bool {
		return v.Subject == id.Session || v.Subject == id.Account && v.Version > id.Version
	})
}

func TestWhatEndsSessions(t *testing.T) {
	role, no, yes := "admin", false, true
	for _, c := range []struct {
		what         string
		do           func(t *testing.T, r *rules, admin, mine grant) error
		mine, others bool // are they void afterwards?
	}{
		{"signing out", func(t *testing.T, r *rules, _, mine grant) error { return r.signOut(as(t, mine), home) }, true, false},
		{"revoking another", func(t *testing.T, r *rules, _, mine grant) error {
			page, current, err := r.listSessions(as(t, mine), "", 10)
			i := slices.IndexFunc(page.Items, func(s Session) bool { return s.ID != current })
			return errors.Join(err, r.revokeSession(as(t, mine), page.Items[i].ID, home))
		}, false, true},
		{"changing the password", func(t *testing.T, r *rules, _, mine grant) error {
			return r.changePassword(as(t, mine), goodPassword, "battery staple", home)
		}, false, true},
		{"a password set by an administrator", func(t *testing.T, r *rules, admin, mine grant) error {
			return r.setPassword(as(t, admin), mine.account.ID, "battery staple", home)
		}, true, true},
		{"another role", func(t *testing.T, r *rules, admin, mine grant) error {
			_, err := r.update(as(t, admin), mine.account.ID, change{role: &role})
			return err
		}, true, true},
		{"disabling", func(t *testing.T, r *rules, admin, mine grant) error {
			_, err := r.update(as(t, admin), mine.account.ID, change{disabled: &yes})
			return err
		}, true, true},
		{"enabling what was enabled", func(t *testing.T, r *rules, admin, mine grant) error {
			_, err := r.update(as(t, admin), mine.account.ID, change{disabled: &no})
			return err
		}, false, false},
		{"deleting", func(t *testing.T, r *rules, _, mine grant) error { return r.remove(as(t, mine), mine.account.ID, home) }, true, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			each(t, func(t *testing.T, r *rules, _ *clock) {
				register(t, r, "ada")
				register(t, r, "bob")
				admin, mine, other := signIn(t, r, "ada"), signIn(t, r, "bob"), signIn(t, r, "bob")
				if err := c.do(t, r, admin, mine); err != nil {
					t.Fatal(err)
				}
				if voided(t, r, mine) != c.mine || voided(t, r, other) != c.others || voided(t, r, admin) {
					t.Errorf("void: mine %v, my other one %v, the administrator's %v", voided(t, r, mine), voided(t, r, other), voided(t, r, admin))
				}
			})
		})
	}
}

func TestTheCurrentPasswordIsNeededForANewOne(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		register(t, r, "ada")
		g := signIn(t, r, "ada")
		want(t, r.changePassword(as(t, g), "a wrong guess", "battery staple", home), errno.WrongCurrent, "current_password")
		want(t, r.changePassword(as(t, g), goodPassword, "short", home), errno.WeakPassword, "new_password")
		if err := r.changePassword(as(t, g), goodPassword, "battery staple", home); err != nil {
			t.Fatal(err)
		}
		_, err := r.signIn(t.Context(), "ada", goodPassword, home)
		want(t, err, errno.WrongPassword, "")
	})
}

func TestAnAdministratorsPasswordHasTheLastWord(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		register(t, r, "ada")
		register(t, r, "bob")
		admin := signIn(t, r, "ada")
		current := goodPassword
		for round := range 5 {
			mine, err := r.signIn(t.Context(), "bob", current, home)
			if err != nil {
				t.Fatal(err)
			}
			before := current
			current = fmt.Sprintf("administrator's %d", round)
			var all sync.WaitGroup
			all.Go(func() { _ = r.changePassword(as(t, mine), before, "the thief's own", home) })
			all.Go(func() {
				if err := r.setPassword(as(t, admin), mine.account.ID, current, home); err != nil {
					t.Error(err)
				}
			})
			all.Wait()
			if _, err := r.signIn(t.Context(), "bob", current, home); err != nil {
				t.Fatalf("round %d: with the administrator's password: %v", round, err)
			}
		}
	})
}

func TestAPasswordIsTheSameHoweverItIsTyped(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		_, err := r.register(t.Context(), application{name: "zoe", password: "caf\u00e9 horse", peer: home})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.signIn(t.Context(), "zoe", "cafe\u0301 horse", home); err != nil {
			t.Errorf("with another composition: %v", err)
		}
	})
}

func TestADisabledAccountIsOut(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		register(t, r, "ada")
		bob := register(t, r, "bob")
		g := signIn(t, r, "bob")
		yes := true
		if _, err := r.update(as(t, signIn(t, r, "ada")), bob.ID, change{disabled: &yes}); err != nil {
			t.Fatal(err)
		}
		_, err := r.signIn(t.Context(), "bob", goodPassword, home)
		want(t, err, errno.AccountDisabled, "")
		_, err = r.refresh(t.Context(), g.refresh, "op", home)
		want(t, err, errno.SessionEnded, "")
		_, err = r.account(as(t, g), bob.ID)
		want(t, err, errno.SessionEnded, "")
	})
}

func TestASignInThatIsOvertakenByAChangeFails(t *testing.T) {
	yes := true
	for what, overtake := range map[string]func(t *testing.T, r *rules, admin grant, id string) error{
		"a new password": func(t *testing.T, r *rules, admin grant, id string) error {
			return r.setPassword(as(t, admin), id, "battery staple", home)
		},
		"disabling": func(t *testing.T, r *rules, admin grant, id string) error {
			_, err := r.update(as(t, admin), id, change{disabled: &yes})
			return err
		},
		"deleting": func(t *testing.T, r *rules, admin grant, id string) error { return r.remove(as(t, admin), id, home) },
	} {
		t.Run(what, func(t *testing.T) {
			each(t, func(t *testing.T, r *rules, _ *clock) {
				register(t, r, "ada")
				bob := register(t, r, "bob")
				admin := signIn(t, r, "ada")
				// The first who asks for the time is the sign-in, between comparing the password and opening the session.
				now, overtaken := r.now, false
				r.now = func() time.Time {
					if !overtaken {
						overtaken = true
						if err := overtake(t, r, admin, bob.ID); err != nil {
							t.Fatal(err)
						}
					}
					return now()
				}
				_, err := r.signIn(t.Context(), "bob", goodPassword, home)
				want(t, err, errno.WrongPassword, "")
				page, err := r.store.read(t.Context()).sessions(bob.ID, "", 10)
				if err != nil || page.Total != 0 {
					t.Errorf("%d sessions, %v", page.Total, err)
				}
			})
		})
	}
}

func TestOthersSessionsDoNotExist(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		register(t, r, "ada")
		register(t, r, "bob")
		ada, bob := signIn(t, r, "ada"), signIn(t, r, "bob")
		id, err := r.access.Verify(bob.access)
		if err != nil {
			t.Fatal(err)
		}
		want(t, r.revokeSession(as(t, ada), id.Session, home), errno.NotFound, "")
		if voided(t, r, bob) {
			t.Error("ada ended bob's session")
		}
		if _, err := r.access.Verify(bob.access + "x"); !errors.Is(err, errno.NotSignedIn) {
			t.Errorf("a forged token: %v", err)
		}
	})
}
