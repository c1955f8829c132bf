package rpc

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/bytedance/gopkg/cloud/metainfo"
	"github.com/cloudwego/kitex/server"

	"github.com/tutti-music/tutti/pkg/errno"
)

// Local holds the servers of this process that are called without the network: by the same generated client, through
// the same middleware of the server, with the same errors. Nothing is copied on the way: a request must not be changed
// by its handler, nor an answer by its caller.
type Local struct {
	mu    sync.RWMutex
	seats map[string]*seat
}

// NewLocal returns a Local that Serve fills.
func NewLocal() *Local { return &Local{seats: map[string]*seat{}} }

// seat is the place of one server. It stays, empty, when the server has left, so that calls do not stray to the
// network.
type seat struct {
	srv server.Server

	mu      sync.Mutex
	callers map[string]server.LocalCaller // by the name of who calls
	open    bool
	calls   int
	idle    chan struct{} // closed when the seat is not open and the last call has ended
}

// prepare makes a seat for srv. It must happen before srv runs: both initialise it, and Kitex locks only one of them.
func prepare(srv server.Server) (*seat, error) {
	s := &seat{srv: srv, callers: map[string]server.LocalCaller{}, open: true, idle: make(chan struct{})}
	_, err := s.caller("prepare")
	return s, err
}

func (l *Local) enter(service string, s *seat) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seats[service] = s
}

func (l *Local) seat(service string) *seat {
	if l == nil {
		return nil
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.seats[service]
}

// leave refuses further calls and waits for those that run, but not for longer than limit. It reports whether all
// have ended.
func (s *seat) leave(limit time.Duration) bool {
	s.mu.Lock()
	if s.open && s.calls == 0 {
		close(s.idle)
	}
	s.open = false
	s.mu.Unlock()
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-s.idle:
		return true
	case <-t.C:
		return false
	}
}

var errLeft = errors.New("the server of this process is not there")

// call calls method ("service/method" of the IDL) on behalf of from.
func (s *seat) call(ctx context.Context, from, method string, req, resp any) error {
	c, err := s.begin(from)
	if err != nil {
		return err
	}
	defer s.end()
	return c.Call(metainfo.TransferForward(ctx), method, req, resp) // as the network does with what is meant for one hop
}

func (s *seat) begin(from string) (server.LocalCaller, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.open {
		return nil, errno.Unavailable.Because(errLeft)
	}
	c, err := s.caller(from)
	if err != nil {
		return nil, err
	}
	s.calls++
	return c, nil
}

func (s *seat) caller(from string) (server.LocalCaller, error) {
	if c := s.callers[from]; c != nil {
		return c, nil
	}
	c, err := server.NewLocalCaller(from, s.srv)
	if err != nil {
		return nil, err
	}
	s.callers[from] = c
	return c, nil
}

func (s *seat) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls--
	if !s.open && s.calls == 0 {
		close(s.idle)
	}
}
