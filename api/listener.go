package api

import (
	"context"
	"net"
	"sync"
	"time"
)

// listener knows its connections. Hertz, when it stops, waits for those that are kept alive without a request on them;
// hangUp ends those.
type listener struct {
	*net.TCPListener

	mu   sync.Mutex
	open map[*conn]struct{}
}

// conn is a connection that tells its listener when it is closed. It is a TCPConn in everything else, so that files
// still go from the disk to the network without copying.
type conn struct {
	*net.TCPConn

	closed func()
}

func listen(ctx context.Context, address string) (*listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &listener{TCPListener: l.(*net.TCPListener), open: map[*conn]struct{}{}}, nil //nolint:forcetypeassert // of "tcp"
}

// Accept waits for the next connection.
func (l *listener) Accept() (net.Conn, error) {
	tcp, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	c := &conn{TCPConn: tcp}
	c.closed = sync.OnceFunc(func() { l.forget(c) })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[c] = struct{}{}
	return c, nil
}

// Close closes the connection.
func (c *conn) Close() error {
	c.closed()
	return c.TCPConn.Close()
}

func (l *listener) forget(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
}

// hangUp makes every connection fail that waits for a request, or for the rest of one. Requests that have arrived as a
// whole are not touched.
func (l *listener) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		_ = c.SetReadDeadline(time.Unix(1, 0)) // it fails on connections that are closed, and that is fine
	}
}
