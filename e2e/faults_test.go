package e2e

import (
	"syscall"
	"testing"
	"time"

	"github.com/tutti-music/tutti/pkg/errno"
)

const (
	rate  = 200 // requests a second
	lasts = 20 * time.Second
)

// perMille is the share of requests that may fail when a process dies: the promise of docs/operations.md.
const perMille = 1

// after does something in a while, and tells when it began.
func after(wait time.Duration, do func()) <-chan time.Time {
	began := make(chan time.Time, 1)
	go func() {
		time.Sleep(wait)
		now := time.Now()
		do()
		began <- now
	}()
	return began
}

func TestAUserInstanceIsKilledUnderLoad(t *testing.T) {
	s := cluster(t)
	ada := newPerson(t, s.gateways[0], "ada")
	kill := after(lasts/4, s.users[0].kill)
	book := load{gateways: s.gateways, token: ada.access, rate: rate}.run(t, "kill", lasts)
	killed := <-kill
	lost, doubled := book.count(t, ada)

	lastFailure := "none"
	if book.failed > 0 {
		lastFailure = book.lastFailure.Sub(killed).Round(time.Millisecond).String()
	}
	t.Logf("kill -9 of one of two user instances under %d requests/s for %v", rate, lasts)
	t.Logf("| requests | failed | last failure after the kill | registrations acknowledged | lost | doubled |")
	t.Logf("| %d | %d | %s | %d | %d | %d |", book.sent, book.failed, lastFailure, len(book.acknowledged), lost, doubled)
	if lost > 0 || doubled > 0 {
		t.Errorf("%d acknowledged registrations lost, %d doubled", lost, doubled)
	}
	if book.failed*1000 > book.sent*perMille {
		t.Errorf("%d of %d requests failed: %v", book.failed, book.sent, book.why)
	}

	s.users[0].start()
	within(t, time.Minute, "both listed again", func() bool { return len(s.listed(t)["user"]) == 2 })
}

func TestEtcdLosesEverythingUnderLoad(t *testing.T) {
	s := cluster(t)
	ada := newPerson(t, s.gateways[0], "ada")
	within(t, time.Minute, "everybody listed", func() bool { return len(s.listed(t)["user"]) == 2 && len(s.listed(t)["api"]) == 2 })
	done := make(chan *ledger)
	go func() { done <- load{gateways: s.gateways, token: ada.access, rate: rate}.run(t, "wipe", lasts) }()

	s.wipeEtcd(t)
	time.Sleep(lasts / 4) // how long etcd is away
	s.startEtcd(t)
	back := time.Now()
	within(t, time.Minute, "everybody listed again", func() bool {
		l := s.listed(t)
		return len(l["user"]) == 2 && len(l["api"]) == 2
	})
	listed := time.Since(back)
	book := <-done
	lost, doubled := book.count(t, ada)
	t.Logf("etcd killed with kill -9, wiped, and back after %v, under %d requests/s for %v", lasts/4, rate, lasts)
	t.Logf("| requests | failed | everybody listed again after | registrations acknowledged | lost | doubled |")
	t.Logf("| %d | %d | %v | %d | %d | %d |", book.sent, book.failed, listed.Round(time.Millisecond), len(book.acknowledged), lost, doubled)
	if book.failed > 0 || lost > 0 || doubled > 0 {
		t.Errorf("%d failed, %d lost, %d doubled: %v", book.failed, lost, doubled, book.why)
	}
}

func TestWhoeverIsSignedInStaysSoWhenEveryUserInstanceIsDown(t *testing.T) {
	s := cluster(t)
	ada := newPerson(t, s.gateways[0], "ada")
	for _, u := range s.users {
		u.kill()
	}
	// The route needs the user service, which is away; the token does not: it is refused for being forged only.
	for _, gateway := range s.gateways {
		if a := ada.at(gateway).call("GET", "/api/user/me", nil); a.status != 503 || a.header.Get("Retry-After") == "" {
			t.Errorf("with a valid token: %d %s", a.status, a.raw)
		}
		forged := ada.at(gateway)
		forged.access += "x"
		if a := forged.call("GET", "/api/user/me", nil); a.status != 401 {
			t.Errorf("with a forged token: %d %s", a.status, a.raw)
		}
	}
	s.users[1].start()
	within(t, time.Minute, "answers again", func() bool { return ada.call("GET", "/api/user/me", nil).status == 200 })
}

func TestARevocationIsKnownEverywhereAlsoWhenAnInstanceHangs(t *testing.T) {
	s := cluster(t)
	ada := newPerson(t, s.gateways[0], "ada")
	phone := *ada
	phone.signIn(password)
	if err := s.users[0].cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	// A call that lands on the instance that hangs ends with 503; the one after it lands on the other.
	within(t, 30*time.Second, "signed out", func() bool { return phone.call("POST", "/api/user/logout", nil).status != 503 })
	began := time.Now()
	for _, gateway := range s.gateways {
		phone.at(gateway).refused("GET", "/api/admin/audit", nil, errno.SessionEnded)
	}
	t.Logf("known to both gateways after %v", time.Since(began).Round(time.Millisecond))
}

func TestKillDashNineLosesNothingThatWasAcknowledged(t *testing.T) {
	s := allInOne(t)
	ada := newPerson(t, s.gateways[0], "ada")
	crash := after(3*time.Second, s.apis[0].kill)
	book := load{gateways: s.gateways, token: ada.access, rate: 100}.run(t, "crash", 4*time.Second)
	<-crash
	s.apis[0].start()
	ready(t, s.gateways[0])
	lost, doubled := book.count(t, ada)
	if len(book.acknowledged) == 0 || lost > 0 || doubled > 0 {
		t.Errorf("of %d acknowledged registrations %d are lost and %d doubled", len(book.acknowledged), lost, doubled)
	}
}

func TestARollingRestartIsNotNoticed(t *testing.T) {
	s := cluster(t)
	ada := newPerson(t, s.gateways[0], "ada")
	done := make(chan *ledger)
	go func() {
		done <- load{gateways: s.gateways, token: ada.access, rate: rate}.run(t, "roll", 10*time.Second)
	}()
	for _, u := range s.users {
		if code := u.stop(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		u.start()
		within(t, time.Minute, "listed again", func() bool { return len(s.listed(t)["user"]) == 2 })
	}
	if book := <-done; book.failed > 0 {
		t.Errorf("%d of %d requests failed: %v", book.failed, book.sent, book.why)
	}
}
