package user

import (
	"context"
	"crypto/rand"
	"time"
	"unicode/utf8"

	"github.com/tutti-music/tutti/pkg/db"
	"github.com/tutti-music/tutti/pkg/errno"
)

const (
	maxInviteUses = 1000
	maxInviteLife = 366 * 24 * time.Hour
	maxInviteNote = 200 // characters
)

// invite makes an invitation, for administrators. It fails with errno.BadInviteTerms.
func (r *rules) invite(ctx context.Context, note string, uses int32, lifetime time.Duration, peer Peer) (Invite, error) {
	admin, err := r.admin(ctx)
	if err != nil {
		return Invite{}, err
	}
	if uses < 1 || uses > maxInviteUses {
		return Invite{}, errno.BadInviteTerms.In("uses")
	}
	if lifetime <= 0 || lifetime > maxInviteLife {
		return Invite{}, errno.BadInviteTerms.In("expires_in")
	}
	if utf8.RuneCountInString(note) > maxInviteNote {
		return Invite{}, errno.BadInviteTerms.In("note")
	}
	i := Invite{
		ID: newID(), Code: rand.Text(), Note: note, UsesLeft: uses, CreatedBy: admin.ID,
		CreatedAt: r.millis(), ExpiresAt: r.now().Add(lifetime).UnixMilli(),
	}
	return i, r.store.write(ctx, func(tx rows) error {
		if err := tx.insertInvite(&i); err != nil {
			return err
		}
		return tx.record(r.event(InviteMade, "", admin.ID, peer, i.ID))
	})
}

// listInvites lists invitations, newest first, for administrators.
func (r *rules) listInvites(ctx context.Context, cursor string, limit int) (db.Page[Invite], error) {
	if _, err := r.admin(ctx); err != nil {
		return db.Page[Invite]{}, err
	}
	return r.store.read(ctx).invites(cursor, limit)
}

// withdraw deletes an invitation, for administrators.
func (r *rules) withdraw(ctx context.Context, id string, peer Peer) error {
	admin, err := r.admin(ctx)
	if err != nil {
		return err
	}
	return r.store.write(ctx, func(tx rows) error {
		if err := tx.deleteInvite(id); err != nil {
			return err
		}
		return tx.record(r.event(InviteDeleted, "", admin.ID, peer, id))
	})
}

// audit lists the record, newest first, for administrators.
func (r *rules) audit(ctx context.Context, account, kind, cursor string, limit int) (db.Page[Event], error) {
	if _, err := r.admin(ctx); err != nil {
		return db.Page[Event]{}, err
	}
	return r.store.read(ctx).events(account, kind, cursor, limit)
}
