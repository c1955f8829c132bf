package user

import (
	"context"
	_ "embed" // the list of common passwords
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/sync/semaphore"
	"golang.org/x/text/secure/precis"

	"github.com/tutti-music/tutti/pkg/errno"
)

const (
	minPassword = 8 // characters
	maxPassword = 128

	// longestQueue is how long a request waits for its turn to hash before it is told to come back later.
	longestQueue = 2 * time.Second
)

// common holds the 8000 passwords of eight or more characters that are seen most often, in lower case, from
// zxcvbn-ts (language-common 4.1.3, MIT licence).
//
//go:embed common.txt
var common string

// passwords hashes and compares, only so many at a time: each takes 19 MiB and a core.
type passwords struct {
	turns  *semaphore.Weighted
	common map[string]bool
	params *argon2id.Params
	decoy  string // what the password of an unknown name is compared with, so that it takes as long as a known one's
}

func newPasswords() (*passwords, error) {
	p := &passwords{
		turns:  semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0))),
		common: map[string]bool{},
		// RFC 9106, with OWASP's least memory.
		params: &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32},
	}
	for line := range strings.Lines(common) {
		p.common[strings.TrimSpace(line)] = true
	}
	var err error
	p.decoy, err = argon2id.CreateHash("nobody has this password", p.params)
	return p, err
}

// check refuses a password that is too short, too long or easy to guess. field is where it stands in the request.
func (p *passwords) check(password, nameKey, field string) error {
	n := utf8.RuneCountInString(password)
	if n < minPassword || n > maxPassword {
		return errno.WeakPassword.In(field)
	}
	lower := strings.ToLower(password)
	if p.common[lower] || sameRune(lower) || strings.Contains(lower, nameKey) && n-utf8.RuneCountInString(nameKey) < minPassword/2 {
		return errno.CommonPassword.In(field)
	}
	return nil
}

// sameRune says whether s is one character over and over.
func sameRune(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return strings.Trim(s, string(first)) == ""
}

// turn waits for the right to hash. done gives it back.
func (p *passwords) turn(ctx context.Context) (done func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, longestQueue)
	defer cancel()
	if err := p.turns.Acquire(ctx, 1); err != nil {
		return nil, errno.Unavailable.After(time.Second).Because(err)
	}
	return func() { p.turns.Release(1) }, nil
}

// hash returns the PHC string to store.
func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	done, err := p.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	return argon2id.CreateHash(opaque(password), p.params)
}

// match compares a password with a stored hash. The caller has the turn. An empty stored hash matches nothing.
func (p *passwords) match(password, hash string) (bool, error) {
	if hash == "" {
		hash, password = p.decoy, ""
	}
	return argon2id.ComparePasswordAndHash(opaque(password), hash)
}

// opaque is a password as it is hashed: however a keyboard has put its characters together, and whichever blanks it
// has, they are the same (RFC 8265). What the RFC forbids stays as it is.
func opaque(password string) string {
	if same, err := precis.OpaqueString.String(password); err == nil {
		return same
	}
	return password
}
