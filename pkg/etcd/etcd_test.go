package etcd_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tutti-music/tutti/pkg/etcd"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func TestItAnswersWithoutAPort(t *testing.T) {
	s := start(t, etcd.Config{Dir: t.TempDir()})
	if len(s.Addrs()) != 0 {
		t.Errorf("it listens on %v", s.Addrs())
	}
	put(t, s)
}

func TestItIsReachedByTCPAndBySocket(t *testing.T) {
	dir := t.TempDir()
	socket := filepath.Join(shortDir(t), "etcd.sock")
	s := start(t, etcd.Config{Dir: dir, Listen: "127.0.0.1:0", Socket: socket})
	put(t, s)
	port := s.Addrs()[0].String()
	for _, endpoint := range []string{port, "http://" + port, "unix://" + socket} {
		c, err := etcd.Dial([]string{endpoint})
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.Get(soon(t), "a")
		if err != nil || len(r.Kvs) != 1 || string(r.Kvs[0].Value) != "1" {
			t.Errorf("%s: %v, %v", endpoint, r, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, socket: 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
}

func TestWhatWasPutIsThereAfterARestart(t *testing.T) {
	cfg := etcd.Config{Dir: t.TempDir(), Socket: filepath.Join(shortDir(t), "etcd.sock")}
	s := start(t, cfg)
	put(t, s)
	s.Close()
	s = start(t, cfg)
	r, err := s.Client().Get(soon(t), "a")
	if err != nil || len(r.Kvs) != 1 {
		t.Errorf("%v, %v", r, err)
	}
}

func TestASocketLeftByAKilledProcessIsReplaced(t *testing.T) {
	socket := filepath.Join(shortDir(t), "etcd.sock")
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	start(t, etcd.Config{Dir: t.TempDir(), Socket: socket})
}

func TestAPathThatIsTooLongIsDoneWithout(t *testing.T) {
	log := captured(t)
	s := start(t, etcd.Config{Dir: t.TempDir(), Socket: filepath.Join(t.TempDir(), strings.Repeat("x", 120))})
	if len(s.Addrs()) != 0 {
		t.Errorf("it listens on %v", s.Addrs())
	}
	if !strings.Contains(log.String(), "too long") {
		t.Errorf("the log does not say so: %s", log)
	}
}

func TestWhatIsInTheWayIsAClearError(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // a test's port
	used := t.TempDir()
	start(t, etcd.Config{Dir: used})
	file := filepath.Join(shortDir(t), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := t.TempDir()
	s := start(t, etcd.Config{Dir: damaged})
	put(t, s)
	s.Close()
	if err := os.WriteFile(filepath.Join(damaged, "member", "snap", "db"), []byte("not a database"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, says string
		cfg        etcd.Config
	}{
		{"a port", "address already in use", etcd.Config{Dir: t.TempDir(), Listen: l.Addr().String()}},
		{"a directory", "in use by another process", etcd.Config{Dir: used}},
		{"a file where the socket goes", "in the way", etcd.Config{Dir: t.TempDir(), Socket: file}},
		{"a file where the directory goes", "not a directory", etcd.Config{Dir: file}},
		{"damaged data", "cannot read", etcd.Config{Dir: damaged}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := etcd.Start(t.Context(), c.cfg)
			if err == nil {
				s.Close()
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q does not say %q", err, c.says)
			}
		})
	}
}

func TestAnEndedContextEndsTheStart(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	s, err := etcd.Start(ctx, etcd.Config{Dir: dir})
	if err == nil {
		s.Close()
	}
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	eventually(t, "the directory is free again", func() bool {
		s, err := etcd.Start(t.Context(), etcd.Config{Dir: dir})
		if err == nil {
			s.Close()
		}
		return err == nil
	})
}

func TestCloseDoesNotWaitForWatchingClients(t *testing.T) {
	s := start(t, etcd.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	c, err := etcd.Dial([]string{s.Addrs()[0].String()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // a test's client
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	watched := c.Watch(ctx, "a")
	put(t, s)
	<-watched
	closed := make(chan struct{})
	go func() { s.Close(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(4 * time.Second): // etcd's own way takes more than five
		t.Error("Close waits for the client")
		<-closed
	}
}

func TestDialDoesNotWaitAndRefusesNonsense(t *testing.T) {
	c, err := etcd.Dial([]string{"127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "etcd", "ftp://etcd:2379", "http://", "unix://"} {
		if c, err := etcd.Dial([]string{bad}); err == nil {
			t.Errorf("%q is accepted", bad)
			_ = c.Close()
		}
	}
	if _, err := etcd.Dial(nil); err == nil {
		t.Error("no endpoint is accepted")
	}
}

func start(t *testing.T, cfg etcd.Config) *etcd.Server {
	t.Helper()
	s, err := etcd.Start(soon(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// put stores 1 under a.
func put(t *testing.T, s *etcd.Server) {
	t.Helper()
	if _, err := s.Client().Put(soon(t), "a", "1"); err != nil {
		t.Fatal(err)
	}
}

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// shortDir is a directory whose path leaves room for the name of a socket.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "etcd") //nolint:usetesting // t.TempDir is too long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func captured(t *testing.T) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&b, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &b
}
