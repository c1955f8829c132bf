// Package dbtest gives tests real databases: SQLite in a temporary folder, and a MariaDB of their own, which they may
// kill.
package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/oklog/ulid/v2"
)

// shared is the server that all tests of one test binary use. It starts when the first test asks for it.
//
//nolint:gochecknoglobals // a test binary has no other place for what outlives a single test
var shared struct {
	once   sync.Once
	server *MariaDB
	err    error
}

// Run runs the tests of a package and then stops the database server they shared. TestMain calls it.
func Run(m *testing.M) int {
	defer func() {
		if shared.server != nil {
			shared.server.Close()
		}
	}()
	return m.Run()
}

// Each runs test once on SQLite and once on MySQL, each time with the DSN of an empty database.
func Each(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("mysql", func(t *testing.T) { test(t, MySQL(t)) })
}

// SQLite returns the DSN of an empty SQLite database.
func SQLite(tb testing.TB) string {
	tb.Helper()
	return "sqlite:" + filepath.Join(tb.TempDir(), "test.db")
}

// MySQL returns the DSN of an empty database, on the server that TEST_MYSQL names (a DSN whose account may create
// databases) or else on a MariaDB that the tests start themselves. Without either the test is skipped; in CI it fails.
func MySQL(tb testing.TB) string {
	tb.Helper()
	if dsn := os.Getenv("TEST_MYSQL"); dsn != "" {
		return createDatabase(tb, dsn)
	}
	shared.once.Do(func() { shared.server, shared.err = StartMariaDB() })
	if shared.err != nil {
		Missing(tb, shared.err)
	}
	return createDatabase(tb, shared.server.DSN(""))
}

// Missing ends a test that has no database: by failing where CI is set, by skipping elsewhere.
func Missing(tb testing.TB, err error) {
	tb.Helper()
	if os.Getenv("CI") != "" {
		tb.Fatalf("no database: %v", err)
	}
	tb.Skipf("no database: %v (make test installs MariaDB; or set TEST_MYSQL to the DSN of a server)", err)
}

func createDatabase(tb testing.TB, server string) string {
	tb.Helper()
	cfg, err := mysql.ParseDSN(server)
	if err != nil {
		tb.Fatal("TEST_MYSQL: ", err)
	}
	cfg.DBName = ""
	admin, err := sql.Open("mysql", cfg.FormatDSN())
	if err != nil {
		tb.Fatal(err)
	}
	name := "test_" + strings.ToLower(ulid.Make().String())
	if _, err := admin.ExecContext(tb.Context(), "CREATE DATABASE "+name); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if _, err := admin.ExecContext(context.Background(), "DROP DATABASE "+name); err != nil {
			tb.Logf("drop %s: %v", name, err)
		}
		_ = admin.Close()
	})
	cfg.DBName = name
	return cfg.FormatDSN()
}

// Exec runs one statement on the database that dsn names, for tests that look behind the service's back.
func Exec(tb testing.TB, dsn, statement string) {
	tb.Helper()
	name, source := "mysql", dsn
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		name, source = "sqlite3", fmt.Sprintf("file:%s?_busy_timeout=5000", path)
	}
	db, err := sql.Open(name, source)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(tb.Context(), statement); err != nil {
		tb.Fatal(err)
	}
}
