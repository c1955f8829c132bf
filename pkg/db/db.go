// Package db opens a service's database the safe way: SQLite in a file or anything that speaks MySQL's protocol, with
// the same behaviour on both. Failures that a caller can act on come out as errno values.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	my "github.com/go-sql-driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/tutti-music/tutti/pkg/errno"
)

// DB is one service's database.
type DB struct {
	gorm     *gorm.DB
	pool     *sql.DB
	migrator *sql.DB // for migrations; on SQLite it is the pool
	dialect  dialect
	writing  chan struct{} // SQLite takes one writer at a time: they queue here; nil where writers do not exclude each other
}

// dialect is what differs between the two kinds of database.
type dialect struct {
	name     string // also the name of the folder with its migrations
	file     string // SQLite: the path of the database
	writers  int    // how many may write at a time; 0: no limit
	maxConns int
	prepare  bool       // keep statements prepared
	source   string     // SQLite: what its driver opens
	server   *my.Config // MySQL: the server, and how to speak to it; nil on SQLite
}

// Open connects to the database that dsn names: "sqlite:PATH", or the form of the Go MySQL driver,
// "USER:PASSWORD@tcp(HOST:PORT)/NAME". It does not touch the database yet, so it succeeds while the database is away.
func Open(dsn string) (*DB, error) {
	d, err := parse(dsn)
	if err != nil {
		return nil, err
	}
	dialector, migrator, err := d.open()
	if err != nil {
		return nil, err
	}
	g, err := gorm.Open(translating{dialector}, &gorm.Config{
		TranslateError:         true,
		SkipDefaultTransaction: true, // Write opens one
		PrepareStmt:            d.prepare,
		PrepareStmtMaxSize:     500,
		DisableAutomaticPing:   true,
		// Parameters hold password hashes: they never reach a log. What goes wrong is returned, not logged here.
		Logger: logger.Discard,
	})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", d.file, err)
	}
	pool, err := g.DB()
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	pool.SetMaxOpenConns(d.maxConns)
	pool.SetMaxIdleConns(d.maxConns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if migrator == nil {
		migrator = pool
	}
	db := &DB{gorm: g, pool: pool, migrator: migrator, dialect: d}
	if d.writers > 0 {
		db.writing = make(chan struct{}, d.writers)
	}
	return db, nil
}

// Check says what is wrong with a DSN, without opening anything.
func Check(dsn string) error {
	_, err := parse(dsn)
	return err
}

// Close ends all connections.
func (d *DB) Close() error {
	return errors.Join(d.pool.Close(), d.migrator.Close())
}

// Ping fails when the database cannot be reached.
func (d *DB) Ping(ctx context.Context) error { return d.pool.PingContext(ctx) }

// Read is for queries that change nothing.
func (d *DB) Read(ctx context.Context) *gorm.DB { return d.gorm.WithContext(ctx) }

// longestWait is the last wait, in a row that doubles from one millisecond, before a transaction that the database gave
// up is tried again.
const longestWait = 256 * time.Millisecond

// Write runs do in one transaction, which is committed if do returns nil. do may run more than once, when the database
// gave the transaction up in favour of another one (a deadlock), so it changes nothing but the database.
func (d *DB) Write(ctx context.Context, do func(tx *gorm.DB) error) error {
	if d.writing != nil {
		select {
		case d.writing <- struct{}{}:
			defer func() { <-d.writing }()
		case <-ctx.Done():
			return translate(ctx.Err())
		}
	}
	for wait := time.Millisecond; ; wait *= 2 {
		err := translate(d.gorm.WithContext(ctx).Transaction(do))
		if !errors.Is(err, errDeadlock) {
			return err
		}
		if wait > longestWait || !sleep(ctx, wait/2+rand.N(wait)) {
			return errno.Unavailable.Because(err)
		}
	}
}

// sleep waits for d and says whether ctx lasted as long.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
