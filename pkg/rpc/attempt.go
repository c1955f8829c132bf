package rpc

import (
	"context"
	"errors"
	"io"
	"slices"
	"syscall"
	"time"

	"github.com/cloudwego/kitex/pkg/endpoint"
	"github.com/cloudwego/kitex/pkg/kerrors"
	"github.com/cloudwego/kitex/pkg/remote"
	"github.com/cloudwego/kitex/pkg/rpcinfo"
	"github.com/cloudwego/kitex/pkg/rpcinfo/remoteinfo"
	"github.com/cloudwego/netpoll"

	"github.com/tutti-music/tutti/pkg/errno"
)

// route is how the calls of one client get to their service.
type route struct {
	caller, service string
	idempotent      []string
	local           *Local
	proof           string
}

// attempt calls the server of this process, or sends the request up to three times. Kitex' own retries are not used:
// they give every attempt the whole time-out, forbid the next service to retry, and know nothing of whether an instance
// was reached.
func (r route) attempt(next endpoint.Endpoint) endpoint.Endpoint {
	return func(ctx context.Context, req, resp any) error {
		info := rpcinfo.GetRPCInfo(ctx)
		method := info.Invocation().MethodName()
		ctx = show(ctx, r.proof)
		if s := r.local.seat(r.service); s != nil {
			return s.call(ctx, r.caller, info.Invocation().ServiceName()+"/"+method, req, resp)
		}
		tellTimeLeft(ctx, info)
		to := remoteinfo.AsRemoteInfo(info.To())
		if to == nil || to.GetInstance() != nil { // the caller chose the instance
			return next(ctx, req, resp)
		}
		repeatable := slices.Contains(r.idempotent, method)
		seen := &seen{}
		ctx = context.WithValue(ctx, seenKey{}, seen)
		for n := 1; ; n++ {
			err := next(ctx, req, resp)
			if n == attempts || !repeatable || !broken(err) || ctx.Err() != nil {
				return err
			}
			seen.broke()
			to.SetInstance(nil) // else Kitex stays with the one it has
		}
	}
}

// tellTimeLeft makes the deadline travel with the call, so that a service does not work for someone who has given up.
func tellTimeLeft(ctx context.Context, info rpcinfo.RPCInfo) {
	deadline, ok := ctx.Deadline()
	cfg := rpcinfo.AsMutableRPCConfig(info.Config())
	if !ok || cfg == nil {
		return
	}
	left := max(time.Until(deadline), time.Millisecond) // zero would mean for ever
	if cfg.SetRPCTimeout(left) == nil {                 // else the caller has set it for this call
		cfg.LockConfig(rpcinfo.BitRPCTimeout) // Kitex sends it only when it is locked
	}
}

// broken reports whether a connection ended before the answer was there.
func broken(err error) bool {
	if err == nil || errors.Is(err, kerrors.ErrGetConnection) || kerrors.IsTimeoutError(err) {
		return false
	}
	for _, e := range []error{
		netpoll.ErrEOF, netpoll.ErrConnClosed, io.EOF, io.ErrUnexpectedEOF, syscall.EPIPE, syscall.ECONNRESET,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// asErrno turns whatever a call ended with into an errno.
func asErrno(err error) *errno.Error {
	var biz kerrors.BizStatusErrorIface
	var refused *remote.TransError
	switch {
	case errors.As(err, &biz):
		return errno.From(err)
	case errors.As(err, &refused) && !broken(err) && !kerrors.IsTimeoutError(err):
		return errno.Internal.Because(err) // the other side answered that it does not understand
	case errors.Is(err, kerrors.ErrInternalException), errors.Is(err, kerrors.ErrPanic):
		return errno.Internal.Because(err)
	}
	return errno.Unavailable.Because(err)
}
