package user

import (
	"cmp"
	"context"
	"errors"

	"github.com/tutti-music/tutti/pkg/db"
	"github.com/tutti-music/tutti/pkg/errno"
	"github.com/tutti-music/tutti/pkg/identity"
)

// Registration says who may open an account.
type Registration string

// The ways of registration. The very first account may always be opened, and is the administrator's.
const (
	RegistrationOpen   Registration = "open"
	RegistrationInvite Registration = "invite"
	RegistrationClosed Registration = "closed"
)

// application is what somebody who wants an account says.
type application struct {
	name, password, displayName, email string
	role                               string // by an administrator only
	invite                             string // by a stranger only
	operation                          string // the id of the request: a retry repeats it
	actor                              string // the administrator who asks; "" when it is the person
	peer                               Peer
}

// check returns the account that the application describes, still without its password.
func (r *rules) check(in application) (Account, error) {
	a := Account{ID: newID(), Role: identity.Listener, Operation: clip(in.operation, 64), CreatedAt: r.millis(), UpdatedAt: r.millis()}
	var err error
	if a.Name, a.NameKey, err = checkName(in.name); err != nil {
		return a, err
	}
	if err = r.passwords.check(in.password, a.NameKey, "password"); err != nil {
		return a, err
	}
	if a.DisplayName, err = checkDisplayName(in.displayName); err != nil {
		return a, err
	}
	a.Email, err = checkEmail(in.email)
	return a, err
}

// register opens an account for a stranger, if registration allows it. The first account is the administrator's.
func (r *rules) register(ctx context.Context, in application) (Account, error) {
	a, err := r.check(in)
	if err != nil {
		return Account{}, err
	}
	made, taken := r.madeBefore(ctx, a)
	if made.ID != "" { // a retry: whatever has changed since, the account is there
		return made, nil
	}
	if err := r.mayRegister(ctx, in); err != nil {
		return Account{}, err
	}
	if taken != nil {
		return Account{}, taken
	}
	return r.insert(ctx, a, in, func(tx rows, a *Account) error {
		first, err := isFirst(tx)
		switch {
		case err != nil:
			return err
		case first:
			a.Role = identity.Admin
			return nil
		case r.registration == RegistrationClosed:
			return errno.RegistrationClosed
		case r.registration == RegistrationInvite:
			return tx.useInvite(in.invite, r.millis())
		default:
			return nil
		}
	})
}

// mayRegister turns away whoever has no chance before anything is told about names and before anything is hashed. Each
// try counts against the address it comes from.
func (r *rules) mayRegister(ctx context.Context, in application) error {
	who := r.limits.registration.who(in.peer.Address, "")
	err := r.store.write(ctx, func(tx rows) error { return r.limits.registration.take(tx, who, r.now()) })
	if err != nil || r.registration == RegistrationOpen {
		return err
	}
	if has, err := r.store.read(ctx).hasAdmin(); err != nil || !has {
		return err // the very first account
	}
	if r.registration == RegistrationClosed {
		return errno.RegistrationClosed
	}
	return r.store.read(ctx).invite(in.invite, r.millis())
}

// isFirst says whether there is no administrator yet. If so, no other transaction finds the same until this one ends.
func isFirst(tx rows) (bool, error) {
	has, err := tx.hasAdmin()
	if err != nil || has {
		return false, err
	}
	if err := tx.guardAdmins(); err != nil {
		return false, err
	}
	has, err = tx.hasAdmin()
	return !has, err
}

// create opens an account in an administrator's name.
func (r *rules) create(ctx context.Context, in application) (Account, error) {
	admin, err := r.admin(ctx)
	if err != nil {
		return Account{}, err
	}
	role, err := checkRole(in.role)
	if err != nil {
		return Account{}, err
	}
	a, err := r.check(in)
	if err != nil {
		return Account{}, err
	}
	if made, err := r.madeBefore(ctx, a); made.ID != "" || err != nil {
		return made, err
	}
	a.Role, in.actor = role, admin.ID
	return r.insert(ctx, a, in, func(rows, *Account) error { return nil })
}

// insert hashes the password and writes the account, after admit has had its say in the same transaction.
func (r *rules) insert(ctx context.Context, a Account, in application, admit func(rows, *Account) error) (Account, error) {
	var err error
	if a.Password, err = r.passwords.hash(ctx, in.password); err != nil {
		return Account{}, err
	}
	var made Account
	err = r.store.write(ctx, func(tx rows) error {
		made = a // each time from the start: the transaction may be tried again
		if err := admit(tx, &made); err != nil {
			return err
		}
		if err := tx.insertAccount(&made); err != nil {
			return err
		}
		return tx.record(r.event(Registered, made.ID, cmp.Or(in.actor, made.ID), in.peer, string(made.Role)))
	})
	if errors.Is(err, errno.NameTaken) { // somebody was faster, or this very operation was
		if before, _ := r.madeBefore(ctx, a); before.ID != "" {
			return before, nil
		}
	}
	return made, err
}

// madeBefore looks for an account with the name of a. It returns the account if the same operation made it: its answer
// was lost and this is the retry. It fails with errno.NameTaken if another one did, and returns nothing if the name is free.
func (r *rules) madeBefore(ctx context.Context, a Account) (Account, error) {
	made, err := r.store.read(ctx).accountNamed(a.NameKey)
	switch {
	case errors.Is(err, errno.NotFound):
		return Account{}, nil
	case err != nil:
		return Account{}, err
	case made.Operation == a.Operation && a.Operation != "":
		return made, nil
	default:
		return Account{}, errno.NameTaken.In("name")
	}
}

// account returns the caller's own account, or any to an administrator.
func (r *rules) account(ctx context.Context, id string) (Account, error) {
	caller, err := r.reach(ctx, id)
	if err != nil || caller.ID == id {
		return caller, err
	}
	return r.store.read(ctx).account(id)
}

// list lists all accounts by name, for administrators; prefix is the beginning of a name.
func (r *rules) list(ctx context.Context, prefix, cursor string, limit int) (db.Page[Account], error) {
	if _, err := r.admin(ctx); err != nil {
		return db.Page[Account]{}, err
	}
	return r.store.read(ctx).accounts(keyPrefix(prefix), cursor, limit)
}
