package etcd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"go.etcd.io/bbolt"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/storage/wal"
)

// smallSegments keeps a fresh directory at 4 MB instead of the 64 that etcd allocates ahead.
//
//nolint:gochecknoglobals // it guards a global of etcd that running servers read
var smallSegments = sync.OnceFunc(func() { wal.SegmentSizeBytes = 4 << 20 })

// settings are those of a cluster of one on a quiet machine: elected in 200 ms, history of an hour, no port.
func settings(dir string) *embed.Config {
	smallSegments()
	c := embed.NewConfig()
	c.Name = "tutti"
	c.Dir = dir
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	c.ListenClientUrls, c.ListenPeerUrls = nil, nil
	c.TickMs, c.ElectionMs = 20, 200
	c.AutoCompactionMode, c.AutoCompactionRetention = embed.CompactorModePeriodic, "1h"
	c.QuotaBackendBytes = 256 << 20
	c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(logger())
	return c
}

// start returns an etcd that answers. From then on, or from a failure on, lock is the caller's or released.
func start(ctx context.Context, dir string, lock *flock.Flock) (*embed.Etcd, error) {
	type outcome struct {
		etcd *embed.Etcd
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		e, err := ready(ctx, dir)
		if err != nil {
			logIf("unlocking the directory of etcd", lock.Unlock())
		}
		done <- outcome{e, err}
	}()
	select {
	case o := <-done:
		return o.etcd, o.err
	case <-ctx.Done():
	}
	// StartEtcd cannot be interrupted. When it is done, ready sees that ctx has ended and closes what it has.
	go func() {
		if o := <-done; o.etcd != nil {
			o.etcd.Close()
			logIf("unlocking the directory of etcd", lock.Unlock())
		}
	}()
	return nil, fmt.Errorf("not ready: %w", context.Cause(ctx))
}

// readable opens the database before etcd does: when it is damaged, etcd panics in a goroutine where nobody can catch
// it, and when an etcd of somebody else has it open, etcd waits without end.
func readable(db string) error {
	if _, err := os.Stat(db); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	b, err := bbolt.Open(db, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", db, err)
	}
	return b.Close()
}

// ready starts etcd and waits until it answers. Damaged data makes etcd panic; that is an error like any other.
func ready(ctx context.Context, dir string) (e *embed.Etcd, err error) {
	defer func() {
		if p := recover(); p != nil {
			e, err = nil, fmt.Errorf("cannot start: %v", p)
		}
	}()
	if err := readable(filepath.Join(dir, "member", "snap", "db")); err != nil {
		return nil, err
	}
	if e, err = embed.StartEtcd(settings(dir)); err != nil {
		return nil, err
	}
	select {
	case <-e.Server.ReadyNotify():
		return e, nil
	case <-e.Server.StopNotify():
		err = errors.New("stopped while it was starting")
	case <-ctx.Done():
		err = fmt.Errorf("not ready: %w", context.Cause(ctx))
	}
	e.Close()
	return nil, err
}
