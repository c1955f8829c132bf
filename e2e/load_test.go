package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// ledger is what a load sent and what became of it.
type ledger struct {
	mu           sync.Mutex
	sent, failed int
	lastFailure  time.Time
	why          map[string]int
	acknowledged []string // names that the system said it has registered
	conflicts    int      // names that were asked for once and are said to be taken: carried out twice, answered once
}

// load sends requests at a constant rate, whether or not earlier ones have been answered, by turns to every gateway:
// most of them read, one in twenty registers an account.
type load struct {
	gateways []string
	token    string
	rate     int // requests a second
}

// registerEvery says which requests register.
const registerEvery = 20

// run sends for a while, waits for the answers, and returns the ledger.
func (l load) run(t *testing.T, label string, lasts time.Duration) *ledger {
	t.Helper()
	book := &ledger{why: map[string]int{}}
	var all sync.WaitGroup
	tick := time.NewTicker(time.Second / time.Duration(l.rate))
	defer tick.Stop()
	for n := range int(lasts.Seconds() * float64(l.rate)) {
		<-tick.C
		gateway := l.gateways[n%len(l.gateways)]
		all.Go(func() {
			if n%registerEvery == 0 {
				book.register(gateway, fmt.Sprintf("%s-%d", label, n))
				return
			}
			a, err := try(gateway, "GET", "/api/user/me", l.token, nil)
			book.note(a, err)
		})
	}
	all.Wait()
	return book
}

// register notes the name with what became of it.
func (b *ledger) register(gateway, name string) {
	a, err := try(gateway, "POST", "/api/user/register", "", map[string]string{"name": name, "password": password})
	b.note(a, err)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err != nil: // the answer was lost: the name may be there or not
	case a.status == http.StatusCreated:
		b.acknowledged = append(b.acknowledged, name)
	case a.status == http.StatusConflict:
		b.conflicts++
	}
}

func (b *ledger) note(a answer, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent++
	if err == nil && a.status < http.StatusBadRequest {
		return
	}
	b.failed++
	b.lastFailure = time.Now()
	if err != nil {
		b.why[err.Error()]++
	} else {
		b.why[string(a.raw)]++
	}
}

// count compares the ledger with what is there: acknowledged and absent is lost; doubled is a registration that is on
// record more than once, or that met itself.
func (b *ledger) count(t *testing.T, admin *person) (lost, doubled int) {
	t.Helper()
	present, registered := map[string]bool{}, map[string]int{}
	for _, a := range everything[struct{ Name string }](t, admin, "/api/admin/accounts?limit=200") {
		present[a.Name] = true
	}
	for _, e := range everything[struct{ Account string }](t, admin, "/api/admin/audit?kind=registered&limit=200") {
		registered[e.Account]++
	}
	for _, name := range b.acknowledged {
		if !present[name] {
			lost++
		}
	}
	doubled = b.conflicts
	for _, n := range registered {
		doubled += n - 1
	}
	return lost, doubled
}

// everything reads a list to its end.
func everything[T any](t *testing.T, p *person, path string) []T {
	t.Helper()
	var all []T
	for cursor := ""; ; {
		var page struct {
			Items []T
			Next  string
		}
		p.must("GET", path+"&cursor="+cursor, nil).into(t, &page)
		all = append(all, page.Items...)
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}
