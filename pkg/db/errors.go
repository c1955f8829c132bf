package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/go-sql-driver/mysql"
	"github.com/mattn/go-sqlite3"
	"gorm.io/gorm"

	"github.com/tutti-music/tutti/pkg/errno"
)

// ErrDuplicate says that a unique index refused a row.
var ErrDuplicate = gorm.ErrDuplicatedKey

// ErrNotFound says that there is no such row.
var ErrNotFound = gorm.ErrRecordNotFound

// errDeadlock says that the database gave the transaction up in favour of another; trying again helps.
var errDeadlock = errors.New("deadlock")

// translating is a GORM dialect whose errors are those of this package.
type translating struct{ gorm.Dialector }

// Translate is called by GORM for each error (gorm.ErrorTranslator).
func (t translating) Translate(err error) error { return translate(err) }

// The server's own numbers for the failures that mean something to us; MariaDB's are the same.
const (
	mysqlDuplicate      = 1062
	mysqlDeadlock       = 1213
	mysqlLockTimeout    = 1205
	mysqlTooManyConns   = 1040
	mysqlShuttingDown   = 1053
	mysqlReadOnly       = 1290 // a replica that has not been promoted yet
	mysqlConnKilled     = 1927
	mysqlDiskFull       = 1021
	mysqlTableFull      = 1114
	mysqlErrorOnWriting = 3
)

// translate names the failures that a caller can act on and leaves the others as they are. It may be applied twice.
func translate(err error) error {
	var known *errno.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	var my *mysql.MySQLError
	var lite sqlite3.Error
	var network net.Error
	switch {
	case errors.As(err, &my):
		return translateMySQL(my)
	case errors.As(err, &lite):
		return translateSQLite(lite)
	case errors.As(err, &network), errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, driver.ErrBadConn),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, sql.ErrConnDone),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return errno.Unavailable.Because(err)
	}
	return err
}

func translateMySQL(err *mysql.MySQLError) error {
	switch err.Number {
	case mysqlDuplicate:
		return ErrDuplicate
	case mysqlDeadlock, mysqlLockTimeout:
		return errors.Join(errDeadlock, err)
	case mysqlTooManyConns, mysqlShuttingDown, mysqlReadOnly, mysqlConnKilled:
		return errno.Unavailable.Because(err)
	case mysqlDiskFull, mysqlTableFull, mysqlErrorOnWriting:
		return errno.StorageFull.Because(err)
	}
	return err
}

func translateSQLite(err sqlite3.Error) error {
	switch err.Code { //nolint:exhaustive // the others stay as they are
	case sqlite3.ErrConstraint:
		if err.ExtendedCode == sqlite3.ErrConstraintUnique || err.ExtendedCode == sqlite3.ErrConstraintPrimaryKey {
			return ErrDuplicate
		}
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return errno.Unavailable.Because(err)
	case sqlite3.ErrFull:
		return errno.StorageFull.Because(err)
	}
	return err
}
