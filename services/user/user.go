// Package user is the service of accounts and sessions: who may come in, and what happened to them.
package user

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cloudwego/kitex/server"

	"github.com/tutti-music/tutti/kitex_gen/user/userservice"
	"github.com/tutti-music/tutti/pkg/db"
	"github.com/tutti-music/tutti/pkg/errno"
	"github.com/tutti-music/tutti/pkg/health"
	"github.com/tutti-music/tutti/pkg/identity"
	"github.com/tutti-music/tutti/pkg/rpc"
	"github.com/tutti-music/tutti/pkg/run"
)

// Config is what the service needs.
type Config struct {
	DB            string // DSN, see db.Open
	Secret        string // the cluster's, see identity.NewKey
	Registration  Registration
	Registrations int // how many accounts one address may open before it has to wait; 0: no limit
	Server        rpc.Server
}

// Part is the service as a part of a process. It is ready when its database is migrated and it is listed in etcd.
func Part(cfg Config, node *rpc.Node, checks *health.Checks) run.Part {
	return run.Part{Name: "user", Run: func(ctx context.Context, ready func()) error {
		d, err := db.Open(cfg.DB)
		if err != nil {
			return named("db", err)
		}
		defer func() { _ = d.Close() }() // what is committed is safe; what is not, nobody was told of
		r, err := newRules(cfg, d)
		if err != nil {
			return err
		}
		checks.Add("user database", d.Ping)
		if err := migrate(ctx, d); err != nil || ctx.Err() != nil {
			return err
		}

		ctx, stop := context.WithCancel(ctx)
		defer stop()
		cleaned := make(chan struct{})
		go func() { defer close(cleaned); r.cleanUp(ctx) }()
		defer func() { stop(); <-cleaned }()
		return node.Serve(ctx, cfg.Server, ready, func(opts ...server.Option) server.Server {
			return userservice.NewServer(&handler{r}, opts...)
		})
	}}
}

func newRules(cfg Config, d *db.DB) (*rules, error) {
	access, err := identity.NewKey(cfg.Secret)
	if err != nil {
		return nil, err
	}
	refreshes, err := newRefreshTokens(cfg.Secret)
	if err != nil {
		return nil, err
	}
	p, err := newPasswords()
	if err != nil {
		return nil, err
	}
	return &rules{
		store: store{d}, passwords: p, access: access, refreshes: refreshes,
		registration: cfg.Registration, limits: newLimits(cfg.Registrations), now: time.Now,
	}, nil
}

// migrate waits for a database that is away, until ctx ends: in a cluster everything starts at the same time.
func migrate(ctx context.Context, d *db.DB) error {
	for tries := 0; ; tries++ {
		err := d.Migrate(ctx, "user", migrations)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // to be stopped is no failure
		}
		if !errors.Is(err, errno.Unavailable) {
			return named("db", err)
		}
		if tries%60 == 0 {
			slog.WarnContext(ctx, "waiting for the database", "err", errors.Unwrap(err))
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil
		}
	}
}

// named says which setting an error is about.
func named(setting string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", setting, err)
}

const (
	cleanUpEvery = 10 * time.Minute
	auditKept    = 400 * 24 * time.Hour
)

// cleanUp deletes what is of no use any more, until ctx ends. All instances do it; doing it twice does no harm.
func (r *rules) cleanUp(ctx context.Context) {
	tick := time.NewTicker(cleanUpEvery)
	defer tick.Stop()
	for {
		if err := r.forget(ctx); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "clean-up failed; it is tried again", "err", err, "in", cleanUpEvery)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (r *rules) forget(ctx context.Context) error {
	now := r.now()
	for _, old := range []struct {
		model  any
		column string
		before time.Time
	}{
		{&Session{}, "expires_at", now},
		{&Invite{}, "expires_at", now},
		{&Revocation{}, "at", now.Add(-identity.Lifetime - time.Hour)}, // the tokens have expired too
		{&Attempt{}, "updated_at", now.Add(-forgiveAfter)},
		{&Event{}, "at", now.Add(-auditKept)},
	} {
		err := r.store.write(ctx, func(tx rows) error { return tx.forget(old.model, old.column, old.before.UnixMilli()) })
		if err != nil {
			return err
		}
	}
	return nil
}
