package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
)

// Migrate brings the database to the newest version. The numbered SQL files are in files, in one folder per dialect
// (migrations/sqlite, migrations/mysql); what has been applied is noted in the table service_migrations. Any number of
// processes may migrate the same database at the same moment: one does it, the others wait, until ctx ends.
func (d *DB) Migrate(ctx context.Context, service string, files fs.FS) error {
	dir, err := fs.Sub(files, "migrations/"+d.dialect.name)
	if err != nil {
		return err
	}
	unlock, err := d.lock(ctx, service)
	if err != nil {
		return fmt.Errorf("lock for migration: %w", translate(err))
	}
	defer unlock()
	return migrate(ctx, d.migrator, d.dialect, service, dir)
}

// migrate is Migrate under the lock.
func migrate(ctx context.Context, pool *sql.DB, d dialect, service string, files fs.FS) error {
	table := service + "_migrations"
	kind := goose.DialectSQLite3
	if d.server != nil {
		kind = goose.DialectMySQL
		if err := dropUnborn(ctx, pool, table); err != nil {
			return translate(err)
		}
	}
	p, err := goose.NewProvider(kind, pool, files, goose.WithTableName(table),
		goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil {
		return translate(err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", translate(err))
	}
	return nil
}

// dropUnborn removes goose's table if it has no rows. Goose makes the table and then puts a row in it; MySQL has no
// transactions around that, so a process that dies in between leaves a table with which goose refuses to go on.
func dropUnborn(ctx context.Context, pool *sql.DB, table string) error {
	var tables int
	err := pool.QueryRowContext(ctx,
		"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?", table).Scan(&tables)
	if err != nil || tables == 0 {
		return err
	}
	var rows int
	if err := pool.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table).Scan(&rows); err != nil || rows > 0 {
		return err
	}
	_, err = pool.ExecContext(ctx, "DROP TABLE "+table)
	return err
}

// lock waits until no other process migrates this database. If this process dies, the lock is free at once: SQLite's is
// on a file beside the database, MySQL's belongs to a connection.
func (d *DB) lock(ctx context.Context, service string) (unlock func(), err error) {
	if d.dialect.server == nil {
		file := flock.New(d.dialect.file + ".lock")
		if ok, err := file.TryLockContext(ctx, 20*time.Millisecond); !ok {
			return nil, err
		}
		return func() { _ = file.Close() }, nil
	}
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	// A lock's name is valid on the whole server, so it holds the database's. The wait is shorter than the connection's
	// read time-out.
	const name = "CONCAT(LEFT(DATABASE(), 40), '.', ?)"
	var got sql.NullInt64
	for got.Int64 != 1 {
		if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK("+name+", 5)", service).Scan(&got); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return func() {
		// If this fails the connection is broken, and the lock went with it.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK("+name+")", service)
		_ = conn.Close()
	}, nil
}
