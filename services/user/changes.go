package user

import (
	"context"
	"errors"

	"github.com/tutti-music/tutti/pkg/errno"
	"github.com/tutti-music/tutti/pkg/identity"
)

// change is what somebody wants to be different about an account; nil leaves a thing as it is.
type change struct {
	displayName, email *string
	role               *string // by an administrator only
	disabled           *bool   // by an administrator only
	peer               Peer
}

// update changes the caller's own account, or any for an administrator. What makes access tokens lie (another role, a
// disabled account) voids them. The last administrator stays one (errno.LastAdmin), also when two are asked for at the
// same moment.
func (r *rules) update(ctx context.Context, id string, in change) (Account, error) {
	caller, err := r.reach(ctx, id)
	if err != nil {
		return Account{}, err
	}
	powers := in.role != nil || in.disabled != nil
	if powers && caller.Role != identity.Admin {
		return Account{}, errno.AdminsOnly
	}
	columns, err := in.columns(r.millis())
	if err != nil {
		return Account{}, err
	}
	var after Account
	err = r.store.write(ctx, func(tx rows) error {
		if powers {
			if err := tx.guardAdmins(); err != nil {
				return err
			}
		}
		// This locks the account: what is read now stays so until the transaction ends.
		if err := tx.updateAccount(id, map[string]any{"updated_at": columns["updated_at"]}); err != nil {
			return err
		}
		before, err := tx.account(id)
		if err != nil {
			return err
		}
		if err := tx.updateAccount(id, columns); err != nil {
			return err
		}
		if after, err = tx.account(id); err != nil {
			return err
		}
		return r.enforce(tx, before, after, caller.ID, in.peer)
	})
	return after, err
}

// columns are the checked values to write.
func (c change) columns(now int64) (map[string]any, error) {
	columns := map[string]any{"updated_at": now}
	if c.displayName != nil {
		name, err := checkDisplayName(*c.displayName)
		if err != nil {
			return nil, err
		}
		columns["display_name"] = name
	}
	if c.email != nil {
		email, err := checkEmail(*c.email)
		if err != nil {
			return nil, err
		}
		columns["email"] = email
	}
	if c.role != nil {
		role, err := checkRole(*c.role)
		if err != nil {
			return nil, err
		}
		columns["role"] = role
	}
	if c.disabled != nil {
		columns["disabled"] = *c.disabled
	}
	return columns, nil
}

// enforce draws the consequences of a change of role or of disabling.
func (r *rules) enforce(tx rows, before, after Account, actor string, peer Peer) error {
	if before.Role == after.Role && before.Disabled == after.Disabled {
		return nil
	}
	if err := keepAnAdmin(tx); err != nil {
		return err
	}
	if before.Role != after.Role {
		if err := tx.record(r.event(RoleChanged, after.ID, actor, peer, string(after.Role))); err != nil {
			return err
		}
	}
	if before.Disabled != after.Disabled {
		kind := Enabled
		if after.Disabled {
			kind = Disabled
			if err := tx.endSessions(r.millis(), "account_id = ?", after.ID); err != nil {
				return err
			}
		}
		if err := tx.record(r.event(kind, after.ID, actor, peer, "")); err != nil {
			return err
		}
	}
	return tx.voidTokens(after.ID, r.millis())
}

// keepAnAdmin fails with errno.LastAdmin if nobody could administer any more. The transaction holds the guard.
func keepAnAdmin(tx rows) error {
	has, err := tx.hasAdmin()
	if err == nil && !has {
		return errno.LastAdmin
	}
	return err
}

// remove deletes the caller's own account, or any for an administrator, with its sessions.
func (r *rules) remove(ctx context.Context, id string, peer Peer) error {
	caller, err := r.reach(ctx, id)
	if err != nil {
		return err
	}
	return r.store.write(ctx, func(tx rows) error {
		if err := tx.guardAdmins(); err != nil {
			return err
		}
		if err := tx.voidTokens(id, r.millis()); err != nil { // NotFound if there is none
			return err
		}
		if err := tx.endSessions(r.millis(), "account_id = ?", id); err != nil {
			return err
		}
		if err := tx.deleteAccount(id); err != nil {
			return err
		}
		if err := keepAnAdmin(tx); err != nil {
			return err
		}
		return tx.record(r.event(Deleted, id, caller.ID, peer, ""))
	})
}

// changePassword changes the caller's own password and ends all other sessions. It fails with errno.WrongCurrent, and
// with errno.TooMany after too many of those.
func (r *rules) changePassword(ctx context.Context, current, replacement string, peer Peer) error {
	id, a, err := r.caller(ctx)
	if err != nil {
		return err
	}
	if err := r.passwords.check(replacement, a.NameKey, "new_password"); err != nil {
		return err
	}
	verified, err := r.authenticate(ctx, a.Name, current, peer)
	if err != nil {
		if errors.Is(err, errno.WrongPassword) {
			return errno.WrongCurrent.In("current_password")
		}
		return err
	}
	// An administrator may have set another password, or ended this session, while this one was being compared and
	// hashed: then the administrator has the last word.
	stillMay := func(tx rows) error {
		if err := tx.unchanged(verified); err != nil {
			return errno.SessionEnded.Because(err)
		}
		if _, err := tx.session(id.Session); err != nil {
			return errno.SessionEnded.Because(err)
		}
		return nil
	}
	event := r.event(PasswordChanged, a.ID, a.ID, peer, "")
	return r.replacePassword(ctx, newPassword{a.ID, replacement, id.Session}, stillMay, event)
}

// setPassword gives an account a new password in an administrator's name and ends all its sessions.
func (r *rules) setPassword(ctx context.Context, account, replacement string, peer Peer) error {
	admin, err := r.admin(ctx)
	if err != nil {
		return err
	}
	a, err := r.store.read(ctx).account(account)
	if err != nil {
		return err
	}
	if err := r.passwords.check(replacement, a.NameKey, "new_password"); err != nil {
		return err
	}
	always := func(rows) error { return nil }
	return r.replacePassword(ctx, newPassword{account: a.ID, text: replacement}, always, r.event(PasswordSet, a.ID, admin.ID, peer, ""))
}

// newPassword is a checked password for an account, and the session that survives it.
type newPassword struct{ account, text, keep string }

// replacePassword stores a password and ends the account's other sessions, if may, in the same transaction, agrees.
func (r *rules) replacePassword(ctx context.Context, p newPassword, may func(rows) error, event Event) error {
	hash, err := r.passwords.hash(ctx, p.text)
	if err != nil {
		return err
	}
	return r.store.write(ctx, func(tx rows) error {
		if err := may(tx); err != nil {
			return err
		}
		if err := tx.updateAccount(p.account, map[string]any{"password": hash, "updated_at": r.millis()}); err != nil {
			return err
		}
		if err := tx.endSessions(r.millis(), "account_id = ? AND id <> ?", p.account, p.keep); err != nil {
			return err
		}
		return tx.record(event)
	})
}
