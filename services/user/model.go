package user

import (
	"github.com/tutti-music/tutti/pkg/identity"
)

// Account is a person's record.
type Account struct {
	ID           string
	Name         string // as its owner writes it
	NameKey      string // as it is compared
	DisplayName  string
	Email        string
	Role         identity.Role
	Disabled     bool
	Password     string // argon2id, PHC string
	TokenVersion int64  // access tokens below it are void
	Operation    string // the request that made it
	CreatedAt    int64  `gorm:"autoCreateTime:false"`
	UpdatedAt    int64  `gorm:"autoUpdateTime:false"`
}

// Session is one signed-in device: a family of refresh tokens of which one at a time is good.
type Session struct {
	ID        string
	AccountID string
	TokenHash string // of the good token
	SpentHash string // of the one before it
	Operation string // the request that spent that one
	Agent     string
	Address   string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	UsedAt    int64
	ExpiresAt int64
}

// Revocation voids access tokens before they expire: all of a session, or those of an account below a version.
type Revocation struct {
	Subject string
	Version int64
	At      int64
}

// Invite is a code that lets people register.
type Invite struct {
	ID        string
	Code      string
	Note      string
	UsesLeft  int32
	CreatedBy string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	ExpiresAt int64
}

// Event is one line of the record.
type Event struct {
	ID      string
	Kind    EventKind
	Account string // whom it concerns
	Actor   string // who did it
	Address string
	Detail  string
	At      int64
}

// TableName says what GORM would not guess.
func (Event) TableName() string { return "audit_events" }

// EventKind says what happened.
type EventKind string

// What is recorded.
const (
	Registered      EventKind = "registered"
	SignedIn        EventKind = "sign_in"
	SignInFailed    EventKind = "sign_in_failed"
	SignedOut       EventKind = "sign_out"
	PasswordChanged EventKind = "password_changed"
	PasswordSet     EventKind = "password_set" // by an administrator
	RoleChanged     EventKind = "role_changed"
	Disabled        EventKind = "disabled"
	Enabled         EventKind = "enabled"
	Deleted         EventKind = "deleted"
	SessionRevoked  EventKind = "session_revoked"
	TokenReused     EventKind = "refresh_token_reused" // the sign of a stolen token
	InviteMade      EventKind = "invite_made"
	InviteDeleted   EventKind = "invite_deleted"
)

// Attempt counts what is held against someone.
type Attempt struct {
	Who          string
	Failures     int
	BlockedUntil int64
	UpdatedAt    int64 `gorm:"autoUpdateTime:false"`
}

// Peer is where a request comes from.
type Peer struct{ Address, Agent string }
