package dbtest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
)

// MariaDB is a database server that belongs to the test alone: its own process, folder and port.
type MariaDB struct {
	program string // mariadbd
	dir     string
	address string
	process *exec.Cmd
}

const (
	testAccount  = "tutti"
	testPassword = "tutti"
	startWithin  = time.Minute
)

// StartMariaDB starts a server on an empty folder. The program comes from the system's packages (mariadb-server-core).
func StartMariaDB() (*MariaDB, error) {
	install, err := find("mariadb-install-db")
	if err != nil {
		return nil, err
	}
	program, err := find("mariadbd")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "tutti-mariadb-")
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s := &MariaDB{program: program, dir: dir, address: address}
	if err := s.prepare(install); err != nil {
		s.Close()
		return nil, err
	}
	if err := s.Start(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// find looks for a program also where Debian puts servers, and not everybody looks.
func find(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		if there, _ := exec.LookPath("/usr/sbin/" + program); there != "" {
			return there, nil
		}
	}
	return path, err
}

// prepare makes the system tables and the file with which every start lets the test's account in.
func (s *MariaDB) prepare(install string) error {
	out, err := exec.CommandContext(context.Background(), install, "--no-defaults", "--datadir="+s.data(),
		"--auth-root-authentication-method=normal", "--skip-test-db").CombinedOutput()
	if err != nil {
		return fmt.Errorf("mariadb-install-db: %w: %s", err, out)
	}
	return os.WriteFile(s.initFile(), fmt.Appendf(nil, "CREATE USER IF NOT EXISTS %s@'%%' IDENTIFIED BY '%s';\nGRANT ALL ON *.* TO %s@'%%';\n",
		testAccount, testPassword, testAccount), 0o600)
}

func (s *MariaDB) data() string     { return filepath.Join(s.dir, "data") }
func (s *MariaDB) initFile() string { return filepath.Join(s.dir, "init.sql") }

// Start starts the server, after Kill too, and returns when it answers.
func (s *MariaDB) Start() error {
	host, port, err := net.SplitHostPort(s.address)
	if err != nil {
		return err
	}
	var log bytes.Buffer
	cmd := exec.CommandContext(context.Background(), s.program, "--no-defaults", "--datadir="+s.data(),
		"--socket="+filepath.Join(s.dir, "s"), "--pid-file="+filepath.Join(s.dir, "pid"), "--init-file="+s.initFile(),
		"--bind-address="+host, "--port="+port, "--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=128M",
		"--max-connections=300", "--skip-name-resolve", "--user="+os.Getenv("USER"))
	if os.Geteuid() == 0 {
		cmd.Args[len(cmd.Args)-1] = "--user=root" // the server refuses to run as root unless told so
	}
	cmd.Stderr = &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.process = cmd
	return s.waitFor(&log)
}

func (s *MariaDB) waitFor(log *bytes.Buffer) error {
	db, err := sql.Open("mysql", s.DSN(""))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for deadline := time.Now().Add(startWithin); ; time.Sleep(50 * time.Millisecond) {
		err := db.PingContext(context.Background())
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			s.Kill()
			return errors.Join(err, errors.New(log.String()))
		}
	}
}

// Kill ends the server as a crash would: kill -9, nothing flushed, nobody told.
func (s *MariaDB) Kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
	s.process = nil
}

// Close kills the server and removes its folder.
func (s *MariaDB) Close() {
	s.Kill()
	_ = os.RemoveAll(s.dir)
}

// DSN names a database on the server; "" names none.
func (s *MariaDB) DSN(database string) string {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd, cfg.Net, cfg.Addr, cfg.DBName = testAccount, testPassword, "tcp", s.address, database
	cfg.Logger = &mysql.NopLogger{}
	return cfg.FormatDSN()
}

func freeAddress() (string, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}
