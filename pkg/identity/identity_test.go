package identity_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tutti-music/tutti/pkg/errno"
	"github.com/tutti-music/tutti/pkg/identity"
)

func key(t *testing.T, secret string) identity.Key {
	t.Helper()
	k, err := identity.NewKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestATokenProvesWhatWasSigned(t *testing.T) {
	k := key(t, strings.Repeat("k", 32))
	id := identity.Identity{Account: "a", Session: "s", Role: identity.Admin, Version: 7}
	token, err := k.Sign(id, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it is remembered
		got, err := k.Verified(identity.Forward(t.Context(), token))
		if err != nil || got != id {
			t.Errorf("signed %+v, verified %+v, %v", id, got, err)
		}
	}
}

func TestATokenThatIsRememberedExpiresAllTheSame(t *testing.T) {
	k := key(t, strings.Repeat("k", 32))
	token, err := k.Sign(identity.Identity{Account: "a"}, time.Now().Add(2*time.Second-identity.Lifetime))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Verify(token); err != nil {
		t.Fatalf("before it expires: %v", err)
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, err := k.Verify(token); errors.Is(err, errno.SessionEnded) {
			return
		}
	}
	t.Error("it never expires")
}

func TestATokenThatProvesNothing(t *testing.T) {
	k := key(t, strings.Repeat("k", 32))
	id := identity.Identity{Account: "a", Role: identity.Admin}
	good, err := k.Sign(id, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	old, err := k.Sign(id, time.Now().Add(-identity.Lifetime-time.Second))
	if err != nil {
		t.Fatal(err)
	}
	others, err := key(t, strings.Repeat("x", 32)).Sign(id, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{
		"sub": "a", "role": "admin", "exp": time.Now().Add(time.Hour).Unix(),
	}).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		token string
		want  *errno.Error
	}{
		"none":              {"", errno.NotSignedIn},
		"garbage":           {"x.y.z", errno.NotSignedIn},
		"changed":           {good + "x", errno.NotSignedIn},
		"another cluster's": {others, errno.NotSignedIn},
		"unsigned":          {unsigned, errno.NotSignedIn},
		"expired":           {old, errno.SessionEnded},
	} {
		if _, err := k.Verified(identity.Forward(t.Context(), c.token)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
	if _, err := k.Verified(t.Context()); !errors.Is(err, errno.NotSignedIn) {
		t.Errorf("without a token: %v", err)
	}
}

func TestKeysOfDifferentPurposesHaveNothingInCommon(t *testing.T) {
	secret := strings.Repeat("k", identity.MinSecret)
	one, err := identity.Derive(secret, "one")
	if err != nil {
		t.Fatal(err)
	}
	other, err := identity.Derive(secret, "other")
	if err != nil || bytes.Equal(one, other) || len(one) != 32 {
		t.Errorf("%x and %x, %v", one, other, err)
	}
	if _, err := identity.NewKey(secret[1:]); err == nil {
		t.Error("a short secret was accepted")
	}
}
