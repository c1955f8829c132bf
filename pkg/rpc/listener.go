//go:build unix

package rpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"

	"github.com/cloudwego/netpoll"
)

// listener is a netpoll.Listener that closes its descriptor once. Netpoll's own closes it twice, and the second time
// the number may already belong to somebody else: a database file, or a connection to etcd.
type listener struct {
	file *os.File
	fd   int
	addr net.Addr

	polled chan struct{} // closed when netpoll has begun to serve
	poll   func()

	mu     sync.Mutex
	closes int
}

// listen opens host:port, port 0 = any.
func listen(ctx context.Context, address string) (*listener, error) {
	var lc net.ListenConfig
	std, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	tcp, ok := std.(*net.TCPListener)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%T is no TCP listener", std), std.Close())
	}
	file, err := tcp.File() // a duplicate: the original leaves Go's poller
	if err = errors.Join(err, tcp.Close()); err != nil {
		return nil, err
	}
	fd := int(file.Fd())
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	l := &listener{file: file, fd: fd, addr: tcp.Addr(), polled: make(chan struct{})}
	l.poll = sync.OnceFunc(func() { close(l.polled) })
	return l, nil
}

// Fd is called by netpoll when it begins to serve, under the lock that stopping needs too: from then on, stopping
// works.
func (l *listener) Fd() int {
	l.poll()
	return l.fd
}

// Addr implements net.Listener.
func (l *listener) Addr() net.Addr { return l.addr }

// Close implements net.Listener. Stopping calls it twice: Kitex does before the descriptor has left epoll, and netpoll
// after. To close it the first time would let the number be reused while epoll is still asked to forget it.
func (l *listener) Close() error {
	l.mu.Lock()
	l.closes++
	early := l.closes == 1
	l.mu.Unlock()
	if early {
		return nil
	}
	return l.release()
}

// release closes the descriptor, if it is still open.
func (l *listener) release() error {
	if err := l.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

// Accept implements net.Listener in netpoll's way: nil and nil when nobody is waiting.
func (l *listener) Accept() (net.Conn, error) {
	syscall.ForkLock.RLock()
	fd, from, err := syscall.Accept(l.fd)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	switch {
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR), errors.Is(err, syscall.ECONNABORTED):
		return nil, nil //nolint:nilnil // as netpoll wants it
	case err != nil:
		return nil, err
	}
	// Netpoll does this only for connections of its own kind. Without it, answers wait up to 40 ms for each other. It
	// fails when the peer has already gone, which netpoll notices by itself.
	_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	return accepted{fd: fd, local: l.addr, remote: tcpAddr(from)}, nil
}

func tcpAddr(a syscall.Sockaddr) net.Addr {
	switch a := a.(type) {
	case *syscall.SockaddrInet4:
		return &net.TCPAddr{IP: a.Addr[:], Port: a.Port}
	case *syscall.SockaddrInet6:
		return &net.TCPAddr{IP: a.Addr[:], Port: a.Port}
	}
	return &net.TCPAddr{}
}

// accepted carries a descriptor to netpoll, which does everything else.
type accepted struct {
	net.Conn
	fd            int
	local, remote net.Addr
}

var _ netpoll.Conn = accepted{}

func (a accepted) Fd() int              { return a.fd }
func (a accepted) LocalAddr() net.Addr  { return a.local }
func (a accepted) RemoteAddr() net.Addr { return a.remote }
func (a accepted) Close() error         { return errors.New("the descriptor is netpoll's") }
