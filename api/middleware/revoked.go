package middleware

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/tutti-music/tutti/kitex_gen/user"
	"github.com/tutti-music/tutti/kitex_gen/user/userservice"
	"github.com/tutti-music/tutti/pkg/errno"
	"github.com/tutti-music/tutti/pkg/identity"
)

// A revocation is known everywhere within a second, also when one instance of the user service hangs: it happens right
// after a question, the next one is not answered, and the one after that goes to another instance.
const (
	pollEvery     = 250 * time.Millisecond // between questions
	pollPatience  = 400 * time.Millisecond // how long an answer may take
	pollAgain     = 50 * time.Millisecond  // after a question without an answer
	pollAway      = time.Second            // after several
	severalMisses = 4
)

// Revoked knows which access tokens are void before they expire. It asks the user service again and again; while that
// is away, tokens stay valid, so that whoever is signed in can go on.
type Revoked struct {
	users userservice.Client

	mu       sync.RWMutex
	learned  bool // has been told everything once
	subjects map[string]revocation
}

type revocation struct {
	version int64     // tokens of the account below this are void
	until   time.Time // by then they have expired by themselves, by whichever clock
}

// NewRevoked returns a Revoked that knows nothing yet; Follow makes it learn.
func NewRevoked(users userservice.Client) *Revoked {
	return &Revoked{users: users, subjects: map[string]revocation{}}
}

// Check fails with errno.SessionEnded if the token with this identity is void, and with errno.Unavailable while nobody
// has told what is.
func (r *Revoked) Check(id identity.Identity) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	_, ended := r.subjects[id.Session]
	switch {
	case ended, id.Version < r.subjects[id.Account].version:
		return errno.SessionEnded
	case !r.learned:
		return errno.Unavailable
	}
	return nil
}

// Follow keeps up with the user service until ctx ends. It calls learned when it has been told everything for the
// first time.
func (r *Revoked) Follow(ctx context.Context, learned func()) {
	var since int64
	misses := 0
	for {
		wait := pollEvery
		resp, err := r.ask(ctx, since)
		switch {
		case err == nil:
			r.learn(resp.Items, time.Now())
			if since == 0 {
				learned()
			} else if misses >= severalMisses {
				slog.InfoContext(ctx, "the user service answers again")
			}
			since, misses = resp.AsOf, 0
		case ctx.Err() != nil:
			return
		default:
			misses++
			wait = pollAgain
			if misses == severalMisses {
				tellMissing(ctx, since == 0, err)
			}
			if misses >= severalMisses {
				wait = pollAway
			}
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

func (r *Revoked) ask(ctx context.Context, since int64) (*user.ListRevocationsResp, error) {
	ctx, cancel := context.WithTimeout(ctx, pollPatience)
	defer cancel()
	return r.users.ListRevocations(ctx, &user.ListRevocationsReq{Since: since})
}

// tellMissing tells the log that there is no answer.
func tellMissing(ctx context.Context, starting bool, err error) {
	if starting {
		slog.InfoContext(ctx, "waiting for the user service", "err", err)
	} else {
		slog.WarnContext(ctx, "the user service does not answer; tokens are taken at their word meanwhile", "err", err)
	}
}

// learn adds what is new and drops what has had its time.
func (r *Revoked) learn(items []*user.Revocation, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.learned = true
	for subject, v := range r.subjects {
		if now.After(v.until) {
			delete(r.subjects, subject)
		}
	}
	for _, i := range items {
		if v, known := r.subjects[i.Subject]; !known || i.Version > v.version {
			r.subjects[i.Subject] = revocation{version: i.Version, until: now.Add(identity.Lifetime + identity.ClockSkew)}
		}
	}
}
