//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
)

// lab is where everything under test lives: one temporary folder, one binary, one secret.
type lab struct {
	dir    string
	secret string
	fail   context.CancelCauseFunc // ends the run
}

func newLab(fail context.CancelCauseFunc) (*lab, error) {
	dir, err := os.MkdirTemp("", "tutti-bench-")
	return &lab{dir: dir, secret: rand.Text() + rand.Text(), fail: fail}, err
}

func (l *lab) close() { _ = os.RemoveAll(l.dir) }

func (l *lab) tutti() string { return filepath.Join(l.dir, "tutti") }

// build makes the binary as the Makefile does.
func (l *lab) build(ctx context.Context) error {
	//nolint:gosec // the only variable is a path of ours
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", l.tutti(),
		"github.com/tutti-music/tutti/cmd/tutti")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building tutti: %w", err)
	}
	return nil
}

// folder makes an empty folder for one process.
func (l *lab) folder() (string, error) { return os.MkdirTemp(l.dir, "data-") }

// freeAddress returns an address of loopback where nobody listens.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
