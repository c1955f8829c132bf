package user

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"github.com/tutti-music/tutti/pkg/errno"
	"github.com/tutti-music/tutti/pkg/identity"
)

const (
	minName        = 3 // characters
	maxName        = 32
	maxDisplayName = 64
	maxEmail       = 254 // RFC 5321
)

// checkName returns a name as it is shown and as it is compared (RFC 8265: width, case and composition do not
// matter), or errno.BadName.
func checkName(name string) (shown, key string, err error) {
	shown, err = precis.UsernameCasePreserved.String(name)
	if err != nil {
		return "", "", errno.BadName.In("name").Because(err)
	}
	key, err = precis.UsernameCaseMapped.String(name)
	if err != nil {
		return "", "", errno.BadName.In("name").Because(err)
	}
	if n := utf8.RuneCountInString(shown); n < minName || n > maxName || strings.ContainsFunc(shown, notInName) ||
		!strings.ContainsFunc(shown, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return "", "", errno.BadName.In("name")
	}
	return shown, key, nil
}

// nameKey is the key of a name that somebody signs in with; a name that nobody can have has the key "".
func nameKey(name string) string {
	_, key, err := checkName(name)
	if err != nil {
		return ""
	}
	return key
}

// keyPrefix is the key of the beginning of a name; of what cannot begin a name it is the text itself.
func keyPrefix(s string) string {
	if key, err := precis.UsernameCaseMapped.String(s); err == nil {
		return key
	}
	return s
}

func notInName(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-", r)
}

// misleads says which characters make text look like other text: they break lines or turn the direction of writing.
func misleads(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// checkDisplayName returns the display name without space around it, or errno.BadDisplayName.
func checkDisplayName(s string) (string, error) {
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > maxDisplayName || strings.ContainsFunc(s, misleads) {
		return "", errno.BadDisplayName.In("display_name")
	}
	return s, nil
}

// checkEmail accepts an address without a name or a comment, or nothing; else errno.BadEmail.
func checkEmail(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > maxEmail || strings.ContainsFunc(s, misleads) {
		return "", errno.BadEmail.In("email")
	}
	return s, nil
}

// checkRole accepts the roles there are, else errno.BadRole.
func checkRole(s string) (identity.Role, error) {
	switch r := identity.Role(s); r {
	case identity.Admin, identity.Listener:
		return r, nil
	default:
		return "", errno.BadRole.In("role")
	}
}

// clip shortens text that a client chose freely and that only describes it.
func clip(s string, bytes int) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) <= bytes {
		return s
	}
	return strings.ToValidUTF8(s[:bytes], "")
}
