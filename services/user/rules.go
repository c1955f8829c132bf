package user

import (
	"context"
	"errors"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/tutti-music/tutti/pkg/errno"
	"github.com/tutti-music/tutti/pkg/identity"
)

// rules decide what may happen to accounts and sessions. They know neither Thrift nor SQL.
type rules struct {
	store        store
	passwords    *passwords
	access       identity.Key
	refreshes    refreshTokens
	registration Registration
	limits       limits
	now          func() time.Time
}

// caller returns whoever asks: what the access token proves, and the account as it is now. It fails with
// errno.SessionEnded when the account is gone, disabled, or has outgrown the token.
func (r *rules) caller(ctx context.Context) (identity.Identity, Account, error) {
	id, err := r.access.Verified(ctx)
	if err != nil {
		return id, Account{}, err
	}
	a, err := r.store.read(ctx).account(id.Account)
	if errors.Is(err, errno.NotFound) || err == nil && (a.Disabled || a.TokenVersion > id.Version) {
		return id, Account{}, errno.SessionEnded
	}
	return id, a, err
}

// admin is caller for what only administrators may do; it fails with errno.AdminsOnly too.
func (r *rules) admin(ctx context.Context) (Account, error) {
	_, a, err := r.caller(ctx)
	if err == nil && a.Role != identity.Admin {
		return Account{}, errno.AdminsOnly
	}
	return a, err
}

// reach returns the caller if the account id is the caller's own or the caller is an administrator. For everybody else
// other people's accounts do not exist.
func (r *rules) reach(ctx context.Context, id string) (Account, error) {
	_, a, err := r.caller(ctx)
	if err == nil && a.ID != id && a.Role != identity.Admin {
		return Account{}, errno.NotFound
	}
	return a, err
}

func (r *rules) millis() int64 { return r.now().UnixMilli() }

// event makes a line of the record that says: actor did this to account, now.
func (r *rules) event(kind EventKind, account, actor string, peer Peer, detail string) Event {
	return Event{
		ID: newID(), Kind: kind, Account: account, Actor: actor,
		Address: clip(peer.Address, 64), Detail: clip(detail, 255), At: r.millis(),
	}
}

// newID returns a ULID: opaque to clients, sorted by time for the database.
func newID() string { return ulid.Make().String() }
