package user

import (
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/tutti-music/tutti/pkg/db"
	"github.com/tutti-music/tutti/pkg/errno"
)

func (r rows) insertSession(s *Session) error { return r.Create(s).Error }

// session returns one session by id, or errno.NotFound.
func (r rows) session(id string) (Session, error) {
	var s Session
	return s, notFound(r.Take(&s, "id = ?", id).Error)
}

// sessions lists an account's sessions, newest first.
func (r rows) sessions(account, cursor string, limit int) (db.Page[Session], error) {
	order := db.Order[Session]{Column: "id", Descending: true, Key: func(s Session) string { return s.ID }}
	return order.Page(r.Where("account_id = ?", account), cursor, limit)
}

// rotate replaces the good token of a session by the one in next, if it is still spent's turn: of two who present the
// same token one succeeds. The same operation may do it again.
func (r rows) rotate(next Session, spent string, now int64) (done bool, err error) {
	result := r.Model(&Session{}).
		Where("id = ? AND expires_at > ?", next.ID, now).
		Where("token_hash = ? OR (spent_hash = ? AND operation = ? AND operation <> '')", spent, spent, next.Operation).
		Updates(map[string]any{
			"token_hash": next.TokenHash, "spent_hash": spent, "operation": next.Operation,
			"agent": next.Agent, "address": next.Address, "used_at": now, "expires_at": next.ExpiresAt,
		})
	return result.RowsAffected == 1, result.Error
}

// endSessions ends the sessions that where names and voids their access tokens.
func (r rows) endSessions(at int64, where string, args ...any) error {
	var ids []string
	if err := r.Model(&Session{}).Where(where, args...).Pluck("id", &ids).Error; err != nil {
		return err
	}
	if len(ids) == 0 {
		return nil
	}
	for _, id := range ids {
		if err := r.revoke(Revocation{Subject: id, At: at}); err != nil {
			return err
		}
	}
	return r.Delete(&Session{}, "id IN ?", ids).Error
}

// revoke voids access tokens. Doing it again does nothing.
func (r rows) revoke(v Revocation) error {
	return r.Clauses(clause.OnConflict{DoNothing: true}).Create(&v).Error
}

// voidTokens voids every access token that the account has at this moment.
func (r rows) voidTokens(account string, at int64) error {
	err := r.updateAccount(account, map[string]any{"token_version": gorm.Expr("token_version + 1")})
	if err != nil {
		return err
	}
	a, err := r.account(account)
	if err != nil {
		return err
	}
	return r.revoke(Revocation{Subject: account, Version: a.TokenVersion, At: at})
}

// revocations returns those made at since or later.
func (r rows) revocations(since int64) ([]Revocation, error) {
	var found []Revocation
	return found, r.Order("at, subject, version").Find(&found, "at >= ?", since).Error
}

func (r rows) insertInvite(i *Invite) error { return r.Create(i).Error }

// invites lists invitations, newest first.
func (r rows) invites(cursor string, limit int) (db.Page[Invite], error) {
	order := db.Order[Invite]{Column: "id", Descending: true, Key: func(i Invite) string { return i.ID }}
	return order.Page(r.DB, cursor, limit)
}

// invite fails with errno.BadInvite unless the code is good for another use.
func (r rows) invite(code string, now int64) error {
	err := r.Take(&Invite{}, "code = ? AND uses_left > 0 AND expires_at > ?", code, now).Error
	if errors.Is(err, db.ErrNotFound) {
		return errno.BadInvite.In("invite")
	}
	return err
}

// useInvite takes one use of the code, or fails with errno.BadInvite.
func (r rows) useInvite(code string, now int64) error {
	result := r.Model(&Invite{}).Where("code = ? AND uses_left > 0 AND expires_at > ?", code, now).
		Update("uses_left", gorm.Expr("uses_left - 1"))
	if result.Error == nil && result.RowsAffected == 0 {
		return errno.BadInvite.In("invite")
	}
	return result.Error
}

// deleteInvite fails with errno.NotFound when there is none.
func (r rows) deleteInvite(id string) error {
	result := r.Delete(&Invite{}, "id = ?", id)
	if result.Error == nil && result.RowsAffected == 0 {
		return errno.NotFound
	}
	return result.Error
}

// forget deletes rows of no use any more: those of model whose column is at or before a time.
func (r rows) forget(model any, column string, before int64) error {
	return r.Delete(model, column+" <= ?", before).Error
}
