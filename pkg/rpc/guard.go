package rpc

import (
	"context"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net/http"

	"github.com/bytedance/gopkg/cloud/metainfo"
	"github.com/cloudwego/kitex/pkg/endpoint"
	"github.com/cloudwego/kitex/pkg/kerrors"
	"github.com/cloudwego/kitex/pkg/rpcinfo"

	"github.com/tutti-music/tutti/pkg/errno"
)

// guard lets nobody in without the proof, and only errno values out, and those without their causes. It is the last
// place that sees the cause, so what is our fault is logged here, once.
func guard(proof string) endpoint.Middleware {
	return func(next endpoint.Endpoint) endpoint.Endpoint {
		return func(ctx context.Context, req, resp any) error { return guarded(ctx, req, resp, proof, next) }
	}
}

func guarded(ctx context.Context, req, resp any, proof string, next endpoint.Endpoint) error {
	info := rpcinfo.GetRPCInfo(ctx)
	// How long the caller waits came with the call. Kitex could do this, but leaves the timers of calls that succeeded
	// running.
	if d := info.Config().RPCTimeout(); d > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	call := info.Invocation()
	setter, ok := call.(rpcinfo.InvocationSetter)
	if !ok {
		return errNoSetter
	}
	err := errOtherSecret
	if shows(ctx, proof) {
		err = next(ctx, req, resp)
	}
	if biz := call.BizStatusErr(); err == nil && biz != nil {
		err = biz
	}
	e := verdict(err, resp)
	if e == nil {
		return nil
	}
	if e.Status() >= http.StatusInternalServerError {
		report(ctx, info, e, err)
	}
	setter.SetBizStatusErr(e.Public())
	return nil
}

// proofKey is under which name the proof travels, for one hop.
const proofKey = "TUTTI_PROOF"

// show returns a context whose calls show the proof.
func show(ctx context.Context, proof string) context.Context {
	if proof == "" {
		return ctx
	}
	return metainfo.WithValue(ctx, proofKey, proof)
}

// shows reports whether a call shows the proof.
func shows(ctx context.Context, proof string) bool {
	shown, _ := metainfo.GetValue(ctx, proofKey)
	return proof == "" || subtle.ConstantTimeCompare([]byte(shown), []byte(proof)) == 1
}

var (
	errNoSetter = errors.New("rpc: Kitex has changed its kind of invocation")
	errNoAnswer = errors.New("neither an answer nor an error")

	errOtherSecret error = errno.OtherSecret.Because(errors.New("the caller has another secret"))
)

// verdict names what a handler returned; nil is success.
func verdict(err error, resp any) *errno.Error {
	var known kerrors.BizStatusErrorIface
	switch {
	case err == nil && answered(resp):
		return nil
	case err == nil:
		return errno.Internal.Because(errNoAnswer)
	case errors.As(err, &known):
		return errno.From(err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return errno.Unavailable.Because(err)
	}
	return errno.Internal.Because(err)
}

// answered reports whether a generated result holds an answer.
func answered(result any) bool {
	r, ok := result.(interface{ IsSetSuccess() bool })
	return !ok || r.IsSetSuccess()
}

// report tells the log about a failure that is ours.
func report(ctx context.Context, info rpcinfo.RPCInfo, e *errno.Error, err error) {
	args := []any{
		"service", info.To().ServiceName(), "method", info.Invocation().MethodName(), "caller", info.From().ServiceName(),
		"code", e.Code(), "err", e.Error(),
	}
	var detail *kerrors.DetailedError
	if errors.As(err, &detail) && detail.Stack() != "" {
		args = append(args, "stack", detail.Stack())
	}
	slog.ErrorContext(ctx, "call failed", args...)
}
