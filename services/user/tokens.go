package user

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/tutti-music/tutti/pkg/identity"
)

// refreshLifetime is how long a session lasts without being used.
const refreshLifetime = 30 * 24 * time.Hour

// refreshTokens makes and recognises refresh tokens: a session's id, 16 bytes that nobody can guess who has not the key,
// and a seal (HMAC-SHA-256). The seal tells a token that was once given out, and is now spent, from one that somebody made up: only the first is a
// sign of theft.
type refreshTokens struct{ key []byte }

const (
	nonceBytes = 16
	sealBytes  = 16
)

func newRefreshTokens(secret string) (refreshTokens, error) {
	key, err := identity.Derive(secret, "refresh token")
	return refreshTokens{key}, err
}

// issue returns the token of a session for one occasion: a sign-in, or a refresh with a certain token.
func (t refreshTokens) issue(session, occasion string) (string, error) {
	id, err := ulid.ParseStrict(session)
	if err != nil {
		return "", err
	}
	body := append(id[:], t.mac("occasion", []byte(occasion))[:nonceBytes]...)
	return base64.RawURLEncoding.EncodeToString(append(body, t.seal(body)...)), nil
}

// session returns the id of the session that the token was issued for; ok is false if it is not one of ours.
func (t refreshTokens) session(token string) (id string, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	var u ulid.ULID
	if err != nil || len(b) != len(u)+nonceBytes+sealBytes {
		return "", false
	}
	body, seal := b[:len(b)-sealBytes], b[len(b)-sealBytes:]
	if !hmac.Equal(seal, t.seal(body)) {
		return "", false
	}
	copy(u[:], body)
	return u.String(), true
}

func (t refreshTokens) seal(body []byte) []byte { return t.mac("seal", body)[:sealBytes] }

func (t refreshTokens) mac(purpose string, data []byte) []byte {
	mac := hmac.New(sha256.New, t.key)
	mac.Write([]byte(purpose))
	mac.Write(data)
	return mac.Sum(nil)
}

// hashToken is what is stored of a token.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
