package conf

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// hidden stands for a secret wherever settings are shown.
const hidden = "********"

// Secret is a value that is never shown. "file:PATH" stands for the content of a file.
type Secret string

// UnmarshalText reads the value, or the file that it names.
func (s *Secret) UnmarshalText(text []byte) error {
	v, err := fromFile(string(text))
	*s = Secret(v)
	return err
}

// String hides the value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// DSN names a database. It holds a password; "file:PATH" stands for the content of a file.
type DSN string

// UnmarshalText reads the value, or the file that it names.
func (d *DSN) UnmarshalText(text []byte) error {
	v, err := fromFile(string(text))
	*d = DSN(v)
	return err
}

// String hides the password: whatever stands between the first colon and the last @.
func (d DSN) String() string {
	at, colon := strings.LastIndex(string(d), "@"), strings.Index(string(d), ":")
	if at < 0 || colon < 0 || colon > at {
		return string(d)
	}
	return string(d[:colon+1]) + hidden + string(d[at:])
}

func fromFile(v string) (string, error) {
	path, ok := strings.CutPrefix(v, "file:")
	if !ok {
		return v, nil
	}
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	return strings.TrimRightFunc(string(b), unicode.IsSpace), err
}

// CIDR is a network, or one address.
type CIDR struct{ netip.Prefix }

// UnmarshalText reads 10.0.0.0/8 or 10.0.0.1.
func (c *CIDR) UnmarshalText(text []byte) error {
	if a, err := netip.ParseAddr(string(text)); err == nil {
		c.Prefix = netip.PrefixFrom(a, a.BitLen())
		return nil
	}
	p, err := netip.ParsePrefix(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a network like 10.0.0.0/8", text)
	}
	c.Prefix = p.Masked()
	return nil
}

// ownSecret returns the secret in the file, which it makes at the first start, for the owner's eyes only. The file is
// whole or not there at all, whatever dies meanwhile.
func ownSecret(path string) (Secret, error) {
	b, err := os.ReadFile(path) //nolint:gosec // in our own data folder
	if !errors.Is(err, fs.ErrNotExist) {
		return Secret(strings.TrimSpace(string(b))), err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // mode 0600
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	secret := rand.Text() + rand.Text() // 260 bits
	_, err = f.WriteString(secret + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", err
	}
	if err := os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
		return ownSecret(path) // another process was faster
	} else if err != nil {
		return "", err
	}
	return Secret(secret), nil
}
