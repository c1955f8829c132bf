package user

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"time"

	"github.com/tutti-music/tutti/pkg/errno"
)

// A limit lets some attempts pass and then makes each one wait twice as long as the one before it. What is held
// against somebody is in the database, so it counts on every instance.
type limit struct {
	what    string
	free    int           // attempts before the first wait; 0: no limit
	longest time.Duration // no wait is longer
}

// forgiveAfter is how long nothing must happen for attempts to be forgotten.
const forgiveAfter = time.Hour

// limits are those of the service. The first is on a name *and* an address, so that strangers cannot lock anyone out.
type limits struct {
	signIn       limit // failures from one address with one name
	signInSpread limit // failures from one address, with whatever names
	registration limit // registrations from one address
}

func newLimits(registrations int) limits {
	return limits{
		signIn:       limit{"sign-in", 5, 15 * time.Minute},
		signInSpread: limit{"sign-in-spread", 100, time.Minute},
		registration: limit{"registration", registrations, time.Minute},
	}
}

// who is the key of the row that counts for this limit. Addresses are not stored in the clear, and those of one IPv6
// network count as one.
func (l limit) who(address, name string) string {
	if ip, err := netip.ParseAddr(address); err == nil && ip.Is6() && !ip.Is4In6() {
		if network, err := ip.Prefix(64); err == nil {
			address = network.String()
		}
	}
	sum := sha256.Sum256([]byte(l.what + "\x00" + name + "\x00" + address))
	return hex.EncodeToString(sum[:])
}

// after returns the attempt that follows a.
func (l limit) after(a Attempt, now time.Time) Attempt {
	if now.Sub(time.UnixMilli(a.UpdatedAt)) > forgiveAfter {
		a.Failures = 0
	}
	a.Failures++
	a.UpdatedAt = now.UnixMilli()
	if over := a.Failures - l.free; over >= 0 {
		wait := min(time.Second<<min(over, 20), l.longest)
		a.BlockedUntil = now.Add(wait).UnixMilli()
	}
	return a
}

// allowed fails with errno.TooMany while one of who has to wait.
func (r *rules) allowed(ctx context.Context, who ...string) error {
	found, err := r.store.read(ctx).attempts(who...)
	if err != nil {
		return err
	}
	for _, a := range found {
		if err := a.wait(r.now()); err != nil {
			return err
		}
	}
	return nil
}

// hold counts one attempt against who.
func (l limit) hold(tx rows, who string, now time.Time) error {
	a, err := tx.lockAttempt(who)
	if err != nil {
		return err
	}
	return tx.saveAttempt(l.after(a, now))
}

// take counts one attempt against who, or fails with errno.TooMany while who has to wait. Of many at once as many pass
// as one after the other.
func (l limit) take(tx rows, who string, now time.Time) error {
	if l.free == 0 {
		return nil
	}
	a, err := tx.lockAttempt(who)
	if err != nil {
		return err
	}
	if err := a.wait(now); err != nil {
		return err
	}
	return tx.saveAttempt(l.after(a, now))
}

// wait fails with errno.TooMany while the attempts have to wait.
func (a Attempt) wait(now time.Time) error {
	if wait := time.UnixMilli(a.BlockedUntil).Sub(now); wait > 0 {
		return errno.TooMany.After(wait)
	}
	return nil
}
