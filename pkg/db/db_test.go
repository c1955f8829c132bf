package db_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"gorm.io/gorm"

	"github.com/tutti-music/tutti/pkg/db"
	"github.com/tutti-music/tutti/pkg/db/dbtest"
	"github.com/tutti-music/tutti/pkg/errno"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Run(m)) }

// shelf is a table to test with.
type shelf struct {
	ID   string
	Size int64
}

func (shelf) TableName() string { return "shelves" }

func migrations() fstest.MapFS {
	files := fstest.MapFS{}
	for _, dialect := range []string{"migrations/sqlite", "migrations/mysql"} {
		files[dialect+"/0001_shelves.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE shelves (id VARCHAR(32) PRIMARY KEY, size BIGINT NOT NULL);\n")}
		files[dialect+"/0002_first.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nINSERT INTO shelves VALUES ('first', 0);\n")}
	}
	return files
}

func open(t *testing.T, dsn string) *db.DB {
	t.Helper()
	d, err := db.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func migrated(t *testing.T, dsn string) *db.DB {
	t.Helper()
	d := open(t, dsn)
	if err := d.Migrate(t.Context(), "test", migrations()); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEightInstancesMigrateAnEmptyDatabaseAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, dsn string) {
		var all sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			d := open(t, dsn)
			all.Go(func() { errs[i] = d.Migrate(t.Context(), "test", migrations()) })
		}
		all.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		var n int64
		if err := open(t, dsn).Read(t.Context()).Model(&shelf{}).Count(&n).Error; err != nil || n != 1 {
			t.Errorf("the second migration ran %d times, %v", n, err)
		}
	})
}

func TestAMigrationThatWasKilledInTheMiddleIsFinished(t *testing.T) {
	dsn := dbtest.MySQL(t)
	// What is left when a process dies before the first row is in goose's table.
	dbtest.Exec(t, dsn, "CREATE TABLE test_migrations (id SERIAL PRIMARY KEY, version_id BIGINT NOT NULL, "+
		"is_applied BOOLEAN NOT NULL, tstamp TIMESTAMP NULL DEFAULT NOW())")
	d := migrated(t, dsn)
	if err := d.Read(t.Context()).Take(&shelf{}, "id = ?", "first").Error; err != nil {
		t.Error(err)
	}
}

func TestConcurrentWritersLoseNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, dsn string) {
		d := migrated(t, dsn)
		const writers, each = 16, 20
		var all sync.WaitGroup
		for range writers {
			all.Go(func() {
				for range each {
					err := d.Write(t.Context(), func(tx *gorm.DB) error {
						return tx.Exec("UPDATE shelves SET size = size + 1 WHERE id = 'first'").Error
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		var s shelf
		if err := d.Read(t.Context()).Take(&s, "id = ?", "first").Error; err != nil || s.Size != writers*each {
			t.Errorf("%d of %d acknowledged updates are there, %v", s.Size, writers*each, err)
		}
	})
}

// Two transactions that take two rows in opposite order: MySQL ends one of them, and Write tries it again.
func TestADeadlockIsTriedAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, dsn string) {
		d := migrated(t, dsn)
		err := d.Write(t.Context(), func(tx *gorm.DB) error { return tx.Create(&shelf{ID: "second"}).Error })
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for i := range 20 {
			rows := []string{"first", "second"}
			if i%2 == 1 {
				rows = []string{"second", "first"}
			}
			all.Go(func() {
				err := d.Write(t.Context(), func(tx *gorm.DB) error {
					for _, id := range rows {
						if err := tx.Exec("UPDATE shelves SET size = size + 1 WHERE id = ?", id).Error; err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		var total int64
		if err := d.Read(t.Context()).Model(&shelf{}).Select("SUM(size)").Scan(&total).Error; err != nil || total != 40 {
			t.Errorf("%d of 40 updates are there, %v", total, err)
		}
	})
}

func TestFailuresHaveTheSameNameOnBothDatabases(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, dsn string) {
		d := migrated(t, dsn)
		err := d.Write(t.Context(), func(tx *gorm.DB) error { return tx.Create(&shelf{ID: "first"}).Error })
		if !errors.Is(err, db.ErrDuplicate) {
			t.Errorf("a second row with the same key: %v", err)
		}
		if err := d.Read(t.Context()).Take(&shelf{}, "id = ?", "none").Error; !errors.Is(err, db.ErrNotFound) {
			t.Errorf("a row that is not there: %v", err)
		}
		refused := errors.New("refused")
		err = d.Write(t.Context(), func(tx *gorm.DB) error {
			return errors.Join(tx.Create(&shelf{ID: "third"}).Error, refused)
		})
		if !errors.Is(err, refused) {
			t.Errorf("the reason of a roll-back: %v", err)
		}
		if err := d.Read(t.Context()).Take(&shelf{}, "id = ?", "third").Error; !errors.Is(err, db.ErrNotFound) {
			t.Errorf("a row that was rolled back: %v", err)
		}
	})
}

func TestADatabaseThatIsAwayIsUnavailableAndComesBack(t *testing.T) {
	server, err := dbtest.StartMariaDB()
	if err != nil {
		dbtest.Missing(t, err)
	}
	defer server.Close()
	d := migratedOn(t, server)
	server.Kill()
	err = d.Write(t.Context(), func(tx *gorm.DB) error { return tx.Create(&shelf{ID: "lost"}).Error })
	if !errors.Is(err, errno.Unavailable) {
		t.Errorf("a write without a server: %v", err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if err := d.Read(t.Context()).Take(&shelf{}, "id = ?", "first").Error; err != nil {
		t.Errorf("after the server came back: %v", err)
	}
}

func migratedOn(t *testing.T, server *dbtest.MariaDB) *db.DB {
	t.Helper()
	admin := open(t, server.DSN("mysql"))
	if err := admin.Read(t.Context()).Exec("CREATE DATABASE away").Error; err != nil {
		t.Fatal(err)
	}
	return migrated(t, server.DSN("away"))
}

func TestPagesHoldEveryRowOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, dsn string) {
		d := migrated(t, dsn)
		err := d.Write(t.Context(), func(tx *gorm.DB) error {
			for i := range 25 {
				if err := tx.Create(&shelf{ID: fmt.Sprintf("id-%02d", i)}).Error; err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, descending := range []bool{false, true} {
			order := db.Order[shelf]{Column: "id", Descending: descending, Key: func(s shelf) string { return s.ID }}
			seen := map[string]int{}
			cursor := ""
			for {
				p, err := order.Page(d.Read(t.Context()), cursor, 7)
				if err != nil || p.Total != 26 {
					t.Fatalf("total %d, %v", p.Total, err)
				}
				for _, s := range p.Items {
					seen[s.ID]++
				}
				if cursor = p.Next; cursor == "" {
					break
				}
			}
			if len(seen) != 26 {
				t.Errorf("descending %v: %d of 26 rows", descending, len(seen))
			}
		}
		if _, err := (db.Order[shelf]{Column: "id"}).Page(d.Read(t.Context()), "?", 7); !errors.Is(err, errno.BadCursor) {
			t.Errorf("a forged cursor: %v", err)
		}
	})
}

func TestABadDSNIsRefusedWithoutRepeatingIt(t *testing.T) {
	for _, dsn := range []string{"", "sqlite:", "postgres://root:hunter2@host/db", "root:hunter2@tcp(host:3306)/"} {
		if _, err := db.Open(dsn); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", dsn, err)
		}
	}
}
