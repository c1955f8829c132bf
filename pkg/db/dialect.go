package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	my "github.com/go-sql-driver/mysql"
	"gorm.io/driver/mysql"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
)

const sqlitePrefix = "sqlite:"

// parse reads a DSN. Its errors never repeat the DSN, which holds a password.
func parse(dsn string) (dialect, error) {
	if path, ok := strings.CutPrefix(dsn, sqlitePrefix); ok {
		return sqliteDialect(path)
	}
	return mysqlDialect(dsn)
}

// sqliteDialect: writers take the lock when they begin (immediate), so that none fails half-way because another one
// was faster, and a commit is on the disk when it returns (synchronous=FULL).
func sqliteDialect(path string) (dialect, error) {
	if path == "" {
		return dialect{}, fmt.Errorf("%s needs the path of a file", sqlitePrefix)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return dialect{}, err
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{
		"_journal_mode": {"WAL"},
		"_synchronous":  {"FULL"},
		"_txlock":       {"immediate"},
		"_busy_timeout": {"5000"}, // for writers of other processes; ours queue in Write
		"_foreign_keys": {"on"},
	}.Encode()}
	return dialect{name: "sqlite", file: path, writers: 1, maxConns: 8, prepare: true, source: u.String()}, nil
}

// readCommitted makes connections whose transactions see what others have committed, also what they committed while
// this one waited for a lock: a rule that is checked under a lock is checked against the truth, on both databases.
type readCommitted struct{ driver.Connector }

func (r readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	_, err = conn.(driver.ExecerContext).ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// mysqlDialect sets what we rely on, whatever the DSN says: strict mode, UTC, byte-wise collation, rows matched (not
// rows changed) as RowsAffected, and time limits, without which a dead server means a hang.
func mysqlDialect(dsn string) (dialect, error) {
	cfg, err := my.ParseDSN(dsn)
	if err != nil || cfg.DBName == "" {
		return dialect{}, fmt.Errorf("neither %sPATH nor USER:PASSWORD@tcp(HOST:PORT)/NAME", sqlitePrefix)
	}
	cfg.ParseTime = true
	cfg.Loc = time.UTC
	cfg.Collation = "utf8mb4_bin"
	cfg.ClientFoundRows = true
	cfg.InterpolateParams = true // one round trip a query instead of two
	cfg.Timeout = 2 * time.Second
	cfg.ReadTimeout = 10 * time.Second
	cfg.WriteTimeout = 10 * time.Second
	cfg.Logger = &my.NopLogger{} // the driver's errors are returned as well
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	cfg.Params["time_zone"] = "'+00:00'"
	cfg.Params["sql_mode"] = "'STRICT_TRANS_TABLES,ONLY_FULL_GROUP_BY,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
	return dialect{name: "mysql", maxConns: 32, server: cfg}, nil
}

// open returns what GORM needs, and the pool on which migrations run if it is one of their own. Nothing is connected to
// yet.
func (d dialect) open() (gorm.Dialector, *sql.DB, error) {
	if d.server == nil {
		return sqlite.Open(d.source), nil, nil
	}
	pool, err := openPool(d.server)
	if err != nil {
		return nil, nil, err
	}
	patient := d.server.Clone()
	patient.ReadTimeout = 0 // a migration may take longer than anything that a request does
	migrator, err := openPool(patient)
	if err != nil {
		return nil, nil, errors.Join(err, pool.Close())
	}
	// SkipInitializeWithVersion: it would ask the server, which may be away.
	return mysql.New(mysql.Config{Conn: pool, SkipInitializeWithVersion: true}), migrator, nil
}

// openPool returns a pool of connections that are made when they are needed.
func openPool(cfg *my.Config) (*sql.DB, error) {
	connector, err := my.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(readCommitted{connector}), nil
}
