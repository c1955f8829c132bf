package user

import (
	"context"
	"errors"
	"time"

	"github.com/tutti-music/tutti/pkg/db"
	"github.com/tutti-music/tutti/pkg/errno"
	"github.com/tutti-music/tutti/pkg/identity"
)

// grant is what a sign-in or a refresh gives.
type grant struct {
	access, refresh string
	account         Account
}

// signIn opens a session. It fails with errno.WrongPassword for a wrong password and for an unknown name alike, after
// the same time; with errno.TooMany after too many of those; with errno.AccountDisabled.
func (r *rules) signIn(ctx context.Context, name, password string, peer Peer) (grant, error) {
	a, err := r.authenticate(ctx, name, password, peer)
	if err != nil {
		return grant{}, err
	}
	if a.Disabled {
		return grant{}, errno.AccountDisabled
	}
	now := r.now()
	s := Session{
		ID: newID(), AccountID: a.ID, Agent: clip(peer.Agent, 255), Address: clip(peer.Address, 64),
		CreatedAt: now.UnixMilli(), UsedAt: now.UnixMilli(), ExpiresAt: now.Add(refreshLifetime).UnixMilli(),
	}
	g, err := r.grant(a, &s, s.ID)
	if err != nil {
		return grant{}, err
	}
	return g, r.store.write(ctx, func(tx rows) error {
		if err := tx.unchanged(a); err != nil { // whoever ends the account's sessions now, ends this one too
			return err
		}
		if err := tx.deleteAttempt(r.limits.signIn.who(peer.Address, a.NameKey)); err != nil {
			return err
		}
		if err := tx.insertSession(&s); err != nil {
			return err
		}
		return tx.record(r.event(SignedIn, a.ID, a.ID, peer, s.Agent))
	})
}

// authenticate returns the account if the password is its own. Attempts are looked up and counted while this request
// has the turn to hash, so that many at once do not slip through between the two.
func (r *rules) authenticate(ctx context.Context, name, password string, peer Peer) (Account, error) {
	done, err := r.passwords.turn(ctx)
	if err != nil {
		return Account{}, err
	}
	defer done()

	key := nameKey(name)
	one, spread := r.limits.signIn.who(peer.Address, key), r.limits.signInSpread.who(peer.Address, "")
	if err := r.allowed(ctx, one, spread); err != nil {
		return Account{}, err
	}
	a, err := r.store.read(ctx).accountNamed(key)
	if err != nil && !errors.Is(err, errno.NotFound) {
		return Account{}, err
	}
	ok, err := r.passwords.match(password, a.Password)
	if err != nil {
		return Account{}, err
	}
	if !ok || a.ID == "" {
		err := r.store.write(ctx, func(tx rows) error {
			if err := r.limits.signIn.hold(tx, one, r.now()); err != nil {
				return err
			}
			if err := r.limits.signInSpread.hold(tx, spread, r.now()); err != nil {
				return err
			}
			return tx.record(r.event(SignInFailed, a.ID, "", peer, clip(name, 64)))
		})
		if err != nil {
			return Account{}, err
		}
		return Account{}, errno.WrongPassword
	}
	return a, nil
}

// grant issues tokens for a session and notes the refresh token's hash in it. The same occasion gives the same refresh
// token, so that an attempt and its retry do not void what the other has given out.
func (r *rules) grant(a Account, s *Session, occasion string) (grant, error) {
	refresh, err := r.refreshes.issue(s.ID, occasion)
	if err != nil {
		return grant{}, err
	}
	s.TokenHash = hashToken(refresh)
	access, err := r.access.Sign(identity.Identity{
		Account: a.ID, Session: s.ID, Role: a.Role, Version: a.TokenVersion,
	}, r.now())
	return grant{access, refresh, a}, err
}

// refresh exchanges a refresh token for new tokens. A token is good once: whoever presents a spent one, other than by
// repeating the same operation, ends the session for everybody who has a token of it. It fails with
// errno.SessionEnded or errno.AccountDisabled.
func (r *rules) refresh(ctx context.Context, token, operation string, peer Peer) (grant, error) {
	id, ok := r.refreshes.session(token)
	if !ok {
		return grant{}, errno.SessionEnded
	}
	s, err := r.store.read(ctx).session(id)
	if errors.Is(err, errno.NotFound) || err == nil && s.ExpiresAt <= r.millis() {
		return grant{}, errno.SessionEnded
	}
	if err != nil {
		return grant{}, err
	}
	a, err := r.store.read(ctx).account(s.AccountID)
	switch {
	case errors.Is(err, errno.NotFound):
		return grant{}, errno.SessionEnded
	case err != nil:
		return grant{}, err
	case a.Disabled:
		return grant{}, errno.AccountDisabled
	}
	s.Operation, s.Agent, s.Address = clip(operation, 64), clip(peer.Agent, 255), clip(peer.Address, 64)
	s.ExpiresAt = r.now().Add(refreshLifetime).UnixMilli()
	g, err := r.grant(a, &s, token+s.Operation)
	if err != nil {
		return grant{}, err
	}
	var rotated bool
	err = r.store.write(ctx, func(tx rows) (err error) {
		rotated, err = tx.rotate(s, hashToken(token), r.millis())
		if err != nil || rotated {
			return err
		}
		if _, err := tx.session(s.ID); err != nil { // ended in this very moment: nobody has stolen anything
			return err
		}
		if err := tx.endSessions(r.millis(), "id = ?", s.ID); err != nil {
			return err
		}
		return tx.record(r.event(TokenReused, a.ID, "", peer, s.ID))
	})
	if errors.Is(err, errno.NotFound) || err == nil && !rotated {
		err = errno.SessionEnded
	}
	return g, err
}

// signOut ends the session that asks.
func (r *rules) signOut(ctx context.Context, peer Peer) error {
	id, err := r.access.Verified(ctx)
	if err != nil {
		return err
	}
	return r.store.write(ctx, func(tx rows) error {
		if err := tx.endSessions(r.millis(), "id = ?", id.Session); err != nil {
			return err
		}
		return tx.record(r.event(SignedOut, id.Account, id.Account, peer, ""))
	})
}

// listSessions lists the caller's own, and says which one asks.
func (r *rules) listSessions(ctx context.Context, cursor string, limit int) (db.Page[Session], string, error) {
	id, a, err := r.caller(ctx)
	if err != nil {
		return db.Page[Session]{}, "", err
	}
	page, err := r.store.read(ctx).sessions(a.ID, cursor, limit)
	return page, id.Session, err
}

// revokeSession ends one of the caller's own sessions; others' do not exist (errno.NotFound).
func (r *rules) revokeSession(ctx context.Context, session string, peer Peer) error {
	_, a, err := r.caller(ctx)
	if err != nil {
		return err
	}
	s, err := r.store.read(ctx).session(session)
	if err != nil {
		return err
	}
	if s.AccountID != a.ID {
		return errno.NotFound
	}
	return r.store.write(ctx, func(tx rows) error {
		if err := tx.endSessions(r.millis(), "id = ?", s.ID); err != nil {
			return err
		}
		return tx.record(r.event(SessionRevoked, a.ID, a.ID, peer, s.ID))
	})
}

// revocationOverlap is how far back a gateway is told again what it was told before, so that nothing falls between two
// answers: the clocks of two instances differ, and what one writes is seen when its transaction ends.
const revocationOverlap = identity.ClockSkew + longestWrite

// longestWrite is longer than any transaction of this service lasts.
const longestWrite = 30 * time.Second

// revocations returns what voids tokens since the given time, and the time to ask for next.
func (r *rules) revocations(ctx context.Context, since int64) ([]Revocation, int64, error) {
	now := r.millis()
	oldest := now - identity.Lifetime.Milliseconds() // older tokens have expired by themselves
	found, err := r.store.read(ctx).revocations(max(since, oldest) - revocationOverlap.Milliseconds())
	return found, now, err
}
