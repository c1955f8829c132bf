package user

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/tutti-music/tutti/pkg/db/dbtest"
	"github.com/tutti-music/tutti/pkg/errno"
	"github.com/tutti-music/tutti/pkg/identity"
)

func TestTheFirstAccountIsTheAdministrators(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		if a := register(t, r, "ada"); a.Role != identity.Admin {
			t.Errorf("the first account is a %s", a.Role)
		}
		if a := register(t, r, "bob"); a.Role != identity.Listener {
			t.Errorf("the second account is an %s", a.Role)
		}
	})
}

func TestOneOfManyFirstAccountsIsTheAdministrators(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		var all sync.WaitGroup
		roles := make([]identity.Role, 8)
		for i := range roles {
			all.Go(func() { roles[i] = register(t, r, fmt.Sprintf("person-%d", i)).Role })
		}
		all.Wait()
		n := len(slices.DeleteFunc(roles, func(r identity.Role) bool { return r != identity.Admin }))
		if n != 1 {
			t.Errorf("%d administrators", n)
		}
	})
}

// A transaction that the database gave up is tried again. Here somebody else becomes the first meanwhile.
func TestWhoIsOvertakenInTheSecondTryIsNoAdministrator(t *testing.T) {
	r, _ := newTestRules(t, dbtest.MySQL(t))
	a, err := r.check(application{name: "late", password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	tries := 0
	late, err := r.insert(t.Context(), a, application{password: goodPassword}, func(_ rows, a *Account) error {
		if tries++; tries == 1 {
			a.Role = identity.Admin
			return errors.Join(&mysql.MySQLError{Number: 1213})
		}
		return nil
	})
	if err != nil || tries != 2 || late.Role != identity.Listener {
		t.Errorf("after %d tries: %s, %v", tries, late.Role, err)
	}
}

func TestANameIsTakenOnlyOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		register(t, r, "Zoë")
		for _, same := range []string{"Zoë", "zoë", "ZOË", "Zoe\u0308", "ＺＯË"} {
			_, err := r.register(t.Context(), application{name: same, password: goodPassword, peer: home})
			want(t, err, errno.NameTaken, "name")
		}
		register(t, r, "Zoe")

		var all sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			all.Go(func() {
				_, errs[i] = r.register(t.Context(), application{name: "grace", password: goodPassword, peer: home})
			})
		}
		all.Wait()
		won := slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return err != nil })
		lost := slices.DeleteFunc(errs, func(err error) bool { return !errors.Is(err, errno.NameTaken) })
		if len(won) != 1 || len(lost) != 7 {
			t.Errorf("of 8 who asked at once %d got the name and %d were told it is taken", len(won), len(lost))
		}
	})
}

func TestARetriedRegistrationIsNotASecondOne(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		in := application{name: "ada", password: goodPassword, peer: home, operation: "op-1"}
		first, err := r.register(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		again, err := r.register(t.Context(), in)
		if err != nil || again.ID != first.ID {
			t.Errorf("the retry gave %s, %v", again.ID, err)
		}
		in.operation = "op-2"
		_, err = r.register(t.Context(), in)
		want(t, err, errno.NameTaken, "name")
	})
}

func TestARetriedRegistrationIsNotAskedForItsInvitationAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		r.registration, r.limits = RegistrationInvite, newLimits(2)
		first := application{name: "ada", password: goodPassword, peer: home, operation: "op-1"}
		if _, err := r.register(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		i, err := r.invite(as(t, signIn(t, r, "ada")), "", 1, time.Hour, home)
		if err != nil {
			t.Fatal(err)
		}
		second := application{name: "bob", password: goodPassword, invite: i.Code, peer: home, operation: "op-2"}
		if _, err := r.register(t.Context(), second); err != nil {
			t.Fatal(err)
		}
		r.registration = RegistrationClosed
		for _, in := range []application{first, second} {
			if a, err := r.register(t.Context(), in); err != nil || a.Name != in.name {
				t.Errorf("the retry of %s: %v, %v", in.name, a.Name, err)
			}
		}
	})
}

func TestTheLimitOnRegistrationHoldsWhenManyComeAtOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		r.limits = newLimits(3)
		var all sync.WaitGroup
		errs := make([]error, 12)
		for i := range errs {
			all.Go(func() {
				_, errs[i] = r.register(t.Context(), application{name: fmt.Sprintf("person-%d", i), password: goodPassword, peer: home})
			})
		}
		all.Wait()
		refused := slices.DeleteFunc(errs, func(err error) bool { return !errors.Is(err, errno.TooMany) })
		if len(refused) != 9 {
			t.Errorf("%d of 12 were refused, want 9", len(refused))
		}
	})
}

func TestWhatCannotBeRegistered(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		for _, c := range []struct {
			name, password, display, email string
			err                            *errno.Error
			field                          string
		}{
			{"ab", goodPassword, "", "", errno.BadName, "name"},
			{strings.Repeat("a", 33), goodPassword, "", "", errno.BadName, "name"},
			{"ada lovelace", goodPassword, "", "", errno.BadName, "name"},
			{"ada\u200b1", goodPassword, "", "", errno.BadName, "name"},
			{"a/../b", goodPassword, "", "", errno.BadName, "name"},
			{"...", goodPassword, "", "", errno.BadName, "name"},
			{"ada", "1234567", "", "", errno.WeakPassword, "password"},
			{"ada", strings.Repeat("p", 129), "", "", errno.WeakPassword, "password"},
			{"ada", "Password1", "", "", errno.CommonPassword, "password"},
			{"ada", "zzzzzzzzzz", "", "", errno.CommonPassword, "password"},
			{"adalovelace", "AdaLovelace1", "", "", errno.CommonPassword, "password"},
			{"ada", goodPassword, strings.Repeat("x", 65), "", errno.BadDisplayName, "display_name"},
			{"ada", goodPassword, "tab\there", "", errno.BadDisplayName, "display_name"},
			{"ada", goodPassword, "ada\u202eadb", "", errno.BadDisplayName, "display_name"},
			{"ada", goodPassword, "", "not an address", errno.BadEmail, "email"},
			{"ada", goodPassword, "", "a\u202eb@example.org", errno.BadEmail, "email"},
			{"ada", goodPassword, "", "Ada <ada@example.org>", errno.BadEmail, "email"},
		} {
			_, err := r.register(t.Context(), application{
				name: c.name, password: c.password, displayName: c.display, email: c.email, peer: home,
			})
			want(t, err, c.err, c.field)
		}
		for _, name := range []string{"abc", "Jürgen", "宇多田ヒカル", "a.b-c_d", "हिन्दी", strings.Repeat("é", 32)} {
			register(t, r, name)
		}
	})
}

func TestRegistrationByInvitationAndNotAtAll(t *testing.T) {
	each(t, func(t *testing.T, r *rules, clock *clock) {
		r.registration = RegistrationInvite
		register(t, r, "ada") // the first may always come
		admin := as(t, signIn(t, r, "ada"))

		try := func(name, code string) error {
			_, err := r.register(t.Context(), application{name: name, password: goodPassword, invite: code, peer: home})
			return err
		}
		want(t, try("bob", ""), errno.BadInvite, "invite")
		i, err := r.invite(admin, "for friends", 2, time.Hour, home)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(try("bob", i.Code), try("carol", i.Code)); err != nil {
			t.Errorf("with a good code: %v", err)
		}
		want(t, try("dave", i.Code), errno.BadInvite, "invite")
		want(t, try("bob", i.Code), errno.BadInvite, "invite") // used up: not a word about names

		late, err := r.invite(admin, "", 1, time.Hour, home)
		if err != nil {
			t.Fatal(err)
		}
		clock.pass(2 * time.Hour)
		want(t, try("dave", late.Code), errno.BadInvite, "invite")

		r.registration = RegistrationClosed
		want(t, try("dave", ""), errno.RegistrationClosed, "")
	})
}

func TestOnlyAdministratorsReachOthers(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		ada, bob := register(t, r, "ada"), register(t, r, "bob")
		admin, listener := as(t, signIn(t, r, "ada")), as(t, signIn(t, r, "bob"))

		if a, err := r.account(admin, bob.ID); err != nil || a.ID != bob.ID {
			t.Errorf("an administrator looks at bob: %v, %v", a, err)
		}
		_, err := r.account(listener, ada.ID)
		want(t, err, errno.NotFound, "")
		_, err = r.list(listener, "", "", 10)
		want(t, err, errno.AdminsOnly, "")
		role := "admin"
		_, err = r.update(listener, bob.ID, change{role: &role})
		want(t, err, errno.AdminsOnly, "")
		want(t, r.remove(listener, ada.ID, home), errno.NotFound, "")
		_, err = r.account(t.Context(), ada.ID)
		want(t, err, errno.NotSignedIn, "")

		page, err := r.list(admin, "B", "", 10)
		if err != nil || len(page.Items) != 1 || page.Items[0].ID != bob.ID {
			t.Errorf("who begins with B: %v, %v", page.Items, err)
		}
		if page, err := r.list(admin, "%", "", 10); err != nil || len(page.Items) != 0 {
			t.Errorf("who begins with a per cent sign: %v, %v", page.Items, err)
		}
	})
}

func TestTheLastAdministratorStays(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		ada := register(t, r, "ada")
		admin := as(t, signIn(t, r, "ada"))
		listener, disabled := "listener", true

		_, err := r.update(admin, ada.ID, change{role: &listener})
		want(t, err, errno.LastAdmin, "")
		_, err = r.update(admin, ada.ID, change{disabled: &disabled})
		want(t, err, errno.LastAdmin, "")
		want(t, r.remove(admin, ada.ID, home), errno.LastAdmin, "")
		if a, err := r.account(admin, ada.ID); err != nil || a.Role != identity.Admin || a.Disabled {
			t.Errorf("afterwards: %+v, %v", a, err)
		}
	})
}

func TestTwoAdministratorsCannotDemoteEachOtherAtOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rules, _ *clock) {
		role, listener := "admin", "listener"
		ada, bob := register(t, r, "ada"), register(t, r, "bob")
		if _, err := r.update(as(t, signIn(t, r, "ada")), bob.ID, change{role: &role}); err != nil {
			t.Fatal(err)
		}
		one, other := as(t, signIn(t, r, "ada")), as(t, signIn(t, r, "bob"))
		var all sync.WaitGroup
		all.Go(func() { _, _ = r.update(one, bob.ID, change{role: &listener}) })
		all.Go(func() { _ = r.remove(other, ada.ID, home) })
		all.Wait()
		if has, err := r.store.read(t.Context()).hasAdmin(); err != nil || !has {
			t.Errorf("an administrator is left: %v, %v", has, err)
		}
	})
}
