// Package identity says who is asking: access tokens, signed once at sign-in and verified wherever they are used, and
// how they travel from the gateway to the services behind it.
package identity

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/bytedance/gopkg/cloud/metainfo"
	"github.com/golang-jwt/jwt/v5"
	"github.com/maypok86/otter/v2"

	"github.com/tutti-music/tutti/pkg/errno"
)

// Lifetime is how long an access token is valid. Revocations must be remembered for as long.
const Lifetime = 10 * time.Minute

// ClockSkew is how far the clocks of a cluster's machines may be apart.
const ClockSkew = 30 * time.Second

// MinSecret is the least length of a cluster's secret, in bytes.
const MinSecret = 32

// Role is what an account may do.
type Role string

// The roles.
const (
	Admin    Role = "admin"
	Listener Role = "listener"
)

// Identity is what an access token proves.
type Identity struct {
	Account string // account id
	Session string // session id
	Role    Role
	Version int64 // the account's token version: a token with a lower one than the account's is void
}

// Key signs and verifies access tokens. Every process of a cluster derives the same one from the cluster's secret.
type Key struct {
	bytes    []byte
	verified *otter.Cache[string, proven] // tokens that were found to be good: to look again costs a fifth of a request
}

// proven is what a good token proves, and until when.
type proven struct {
	id      Identity
	expires time.Time
}

// maxVerified bounds how many tokens are remembered, at about 600 bytes each.
const maxVerified = 10_000

// NewKey derives the key from the cluster's secret, which has at least MinSecret bytes.
func NewKey(secret string) (Key, error) {
	b, err := Derive(secret, "access token")
	if err != nil {
		return Key{}, err
	}
	verified, err := otter.New(&otter.Options[string, proven]{MaximumSize: maxVerified})
	return Key{b, verified}, err
}

// Derive makes a 32-byte key for one purpose from the cluster's secret (HKDF-SHA-256, RFC 5869), so that a key that
// leaks from one use is of no use for another.
func Derive(secret, purpose string) ([]byte, error) {
	if len(secret) < MinSecret {
		return nil, fmt.Errorf("secret: needs at least %d characters", MinSecret)
	}
	return hkdf.Key(sha256.New, []byte(secret), nil, "tutti "+purpose, 32)
}

// Proof returns what the processes of a cluster show each other to be let in.
func Proof(secret string) (string, error) {
	b, err := Derive(secret, "call")
	return hex.EncodeToString(b), err
}

// claims are the contents of the token (RFC 7519), with our own three.
type claims struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
	Role    Role   `json:"role"`
	Version int64  `json:"ver"`
}

// Sign returns a token for id that is valid for Lifetime from now.
func (k Key) Sign(id Identity, now time.Time) (string, error) {
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Subject:   id.Account,
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(Lifetime)),
		},
		Session: id.Session,
		Role:    id.Role,
		Version: id.Version,
	}).SignedString(k.bytes)
}

// Verify returns what the token proves. It fails with errno.SessionEnded when the token has expired and with
// errno.NotSignedIn when it is not one of ours.
func (k Key) Verify(token string) (Identity, error) {
	if p, ok := k.verified.GetIfPresent(token); ok && time.Now().Before(p.expires) {
		return p.id, nil
	}
	var c claims
	_, err := jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return k.bytes, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithExpirationRequired())
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return Identity{}, errno.SessionEnded.Because(err)
	case err != nil:
		return Identity{}, errno.NotSignedIn.Because(err)
	}
	p := proven{Identity{Account: c.Subject, Session: c.Session, Role: c.Role, Version: c.Version}, c.ExpiresAt.Time}
	k.verified.Set(token, p)
	return p.id, nil
}

// tokenKey is under which name the token travels in TTHeader, from service to service.
const tokenKey = "TUTTI_TOKEN"

// Forward returns a context whose calls carry the token to every service behind this one.
func Forward(ctx context.Context, token string) context.Context {
	return metainfo.WithPersistentValue(ctx, tokenKey, token)
}

// Verified returns who asks, as proven by the token that came with the call. It fails like Verify, and with
// errno.NotSignedIn when no token came.
func (k Key) Verified(ctx context.Context) (Identity, error) {
	token, _ := metainfo.GetPersistentValue(ctx, tokenKey)
	return k.Verify(token)
}
