package rpc

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
)

// shelf keeps the last known entries of one service on disk. It is a convenience: when it fails, the log says so and
// everything goes on without it.
type shelf struct{ dir, file string } // "" = none

func newShelf(dir, service string) shelf {
	if dir == "" {
		return shelf{}
	}
	return shelf{dir: dir, file: filepath.Join(dir, url.PathEscape(service)+".json")}
}

// read returns the entries, or nil.
func (s shelf) read() map[string]string {
	if s.file == "" {
		return nil
	}
	b, err := os.ReadFile(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var kvs map[string]string
	if err == nil {
		err = json.Unmarshal(b, &kvs)
	}
	if err != nil {
		slog.Warn("cannot read the last known instances", "file", s.file, "err", err)
		return nil
	}
	return kvs
}

// write replaces the entries. Whoever reads meanwhile, or after a crash, finds the old ones or the new ones.
func (s shelf) write(kvs map[string]string) {
	if s.file == "" {
		return
	}
	if err := s.replace(kvs); err != nil {
		slog.Warn("cannot keep the last known instances", "file", s.file, "err", err)
	}
}

func (s shelf) replace(kvs map[string]string) error {
	b, err := json.Marshal(kvs)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(s.dir, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), s.file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
