package user

import (
	"context"
	"embed"
	"errors"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/tutti-music/tutti/pkg/db"
	"github.com/tutti-music/tutti/pkg/errno"
	"github.com/tutti-music/tutti/pkg/identity"
)

//go:embed migrations
var migrations embed.FS

// store is the service's database. Everything that must hold together happens in one write.
type store struct{ db *db.DB }

func (s store) read(ctx context.Context) rows { return rows{s.db.Read(ctx)} }

// write runs do in one transaction, possibly more than once.
func (s store) write(ctx context.Context, do func(rows) error) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error { return do(rows{tx}) })
}

// rows are the service's tables, inside a transaction or outside.
type rows struct{ *gorm.DB }

// account returns one account by id, or errno.NotFound.
func (r rows) account(id string) (Account, error) {
	var a Account
	return a, notFound(r.Take(&a, "id = ?", id).Error)
}

// accountNamed returns one account by the key of its name, or errno.NotFound.
func (r rows) accountNamed(key string) (Account, error) {
	var a Account
	return a, notFound(r.Take(&a, "name_key = ?", key).Error)
}

// insertAccount relies on the unique index, not on a look-up first: two people may ask for one name at the same
// moment. It fails with errno.NameTaken.
func (r rows) insertAccount(a *Account) error {
	err := r.Create(a).Error
	if errors.Is(err, db.ErrDuplicate) {
		return errno.NameTaken.In("name")
	}
	return err
}

// updateAccount changes the given columns of one account.
func (r rows) updateAccount(id string, columns map[string]any) error {
	return r.Model(&Account{}).Where("id = ?", id).Updates(columns).Error
}

// unchanged locks the account as it was read, so that it stays so until the transaction ends. It fails with
// errno.WrongPassword if it has been given another password, disabled or deleted meanwhile.
func (r rows) unchanged(a Account) error {
	result := r.Model(&Account{}).
		Where("id = ? AND password = ? AND disabled = ? AND token_version = ?", a.ID, a.Password, a.Disabled, a.TokenVersion).
		Update("token_version", a.TokenVersion)
	if result.Error == nil && result.RowsAffected == 0 {
		return errno.WrongPassword
	}
	return result.Error
}

func (r rows) deleteAccount(id string) error { return r.Delete(&Account{}, "id = ?", id).Error }

// hasAdmin says whether there is an administrator who can sign in.
func (r rows) hasAdmin() (bool, error) {
	var found []string
	err := r.Model(&Account{}).Where("role = ? AND disabled = ?", identity.Admin, false).Limit(1).Pluck("id", &found).Error
	return len(found) > 0, err
}

// guardAdmins makes every other transaction that asks for the same wait until this one ends, so that what is then
// found out about administrators stays true until it is acted on.
func (r rows) guardAdmins() error {
	return r.Exec("UPDATE guards SET taken = taken + 1 WHERE name = 'admins'").Error
}

// likeEscape makes the characters that LIKE gives a meaning to stand for themselves.
func likeEscape(s string) string {
	return strings.NewReplacer(`!`, `!!`, `%`, `!%`, `_`, `!_`).Replace(s)
}

// accounts lists accounts by name, only those whose name key begins with prefix.
func (r rows) accounts(prefix, cursor string, limit int) (db.Page[Account], error) {
	q := r.DB
	if prefix != "" {
		q = q.Where("name_key LIKE ? ESCAPE '!'", likeEscape(prefix)+"%")
	}
	order := db.Order[Account]{Column: "name_key", Key: func(a Account) string { return a.NameKey }}
	return order.Page(q, cursor, limit)
}

// record adds an event to the record.
func (r rows) record(e Event) error { return r.Create(&e).Error }

// events lists the record, newest first, narrowed to an account and a kind where given.
func (r rows) events(account, kind, cursor string, limit int) (db.Page[Event], error) {
	q := r.DB
	if account != "" {
		q = q.Where("account = ?", account)
	}
	if kind != "" {
		q = q.Where("kind = ?", kind)
	}
	order := db.Order[Event]{Column: "id", Descending: true, Key: func(e Event) string { return e.ID }}
	return order.Page(q, cursor, limit)
}

// attempts returns what is held against each of who; those without a row have nothing against them.
func (r rows) attempts(who ...string) ([]Attempt, error) {
	var found []Attempt
	return found, r.Where("who IN ?", who).Find(&found).Error
}

// lockAttempt returns what is held against who, and keeps it from changing until the transaction ends.
func (r rows) lockAttempt(who string) (Attempt, error) {
	// An insert that finds the row locks it; FOR UPDATE does not exist on SQLite.
	if err := r.Clauses(clause.OnConflict{DoNothing: true}).Create(&Attempt{Who: who}).Error; err != nil {
		return Attempt{}, err
	}
	var a Attempt
	return a, r.Take(&a, "who = ?", who).Error
}

func (r rows) saveAttempt(a Attempt) error {
	return r.Model(&Attempt{}).Where("who = ?", a.Who).Updates(map[string]any{
		"failures": a.Failures, "blocked_until": a.BlockedUntil, "updated_at": a.UpdatedAt,
	}).Error
}

func (r rows) deleteAttempt(who string) error { return r.Delete(&Attempt{}, "who = ?", who).Error }

func notFound(err error) error {
	if errors.Is(err, db.ErrNotFound) {
		return errno.NotFound
	}
	return err
}
