// Package errno is the project's one vocabulary of failure. An error that a caller can act on is one of the values in
// codes.go; everything else is Internal. The same value is recognised on both sides of a Thrift call.
package errno

import (
	"errors"
	"time"
)

// Error is a failure with a public face and a private cause.
type Error struct {
	code       int32  // domain·status·number, listed in docs/api.md, never reused
	status     int    // the HTTP status the gateway answers with
	message    string // safe to show to a stranger
	field      string // the field of the request that is at fault, or ""
	retryAfter time.Duration
	cause      error // for the log; never leaves the process
}

// Error is for logs: it includes the field and the cause.
func (e *Error) Error() string {
	s := e.message
	if e.field != "" {
		s += " (" + e.field + ")"
	}
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Code is the stable number of the failure.
func (e *Error) Code() int32 { return e.code }

// Status is the HTTP status of the failure.
func (e *Error) Status() int { return e.status }

// Message says what is wrong, in a sentence that is safe to show to a stranger.
func (e *Error) Message() string { return e.message }

// Field names the part of the request that is at fault, or is empty.
func (e *Error) Field() string { return e.field }

// RetryAfter is how long to wait before trying again; zero where waiting does not help.
func (e *Error) RetryAfter() time.Duration { return e.retryAfter }

// Is makes errors.Is compare meaning, not identity: NameTaken with a cause is still NameTaken.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.code == e.code
}

// Because returns e with the cause attached.
func (e *Error) Because(cause error) *Error { c := *e; c.cause = cause; return &c }

// In returns e with the name of the field that is at fault.
func (e *Error) In(field string) *Error { c := *e; c.field = field; return &c }

// After returns e with the time to wait before the next try.
func (e *Error) After(d time.Duration) *Error { c := *e; c.retryAfter = d; return &c }

// Public returns e without its cause: what may leave the process.
func (e *Error) Public() *Error {
	if e.cause == nil {
		return e
	}
	return e.Because(nil)
}

// The keys under which field and waiting time travel beside code and message.
const (
	extraField      = "field"
	extraRetryAfter = "retry-after"
)

// BizStatusCode is Code. It and the two methods below make *Error a Kitex business error: a handler simply returns one,
// and Kitex carries it to the caller. The cause stays here.
func (e *Error) BizStatusCode() int32 { return e.code }

// BizMessage is Message.
func (e *Error) BizMessage() string { return e.message }

// BizExtra holds the field and the waiting time.
func (e *Error) BizExtra() map[string]string {
	if e.field == "" && e.retryAfter == 0 {
		return nil
	}
	extra := make(map[string]string, 2)
	if e.field != "" {
		extra[extraField] = e.field
	}
	if e.retryAfter != 0 {
		extra[extraRetryAfter] = e.retryAfter.String()
	}
	return extra
}

// remote is a failure as Kitex hands it to a caller.
type remote interface {
	BizStatusCode() int32
	BizExtra() map[string]string
}

// From names any error: an *Error is returned as it is, one that arrived over Thrift is recognised by its code, and
// the rest are Internal. From(nil) is nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var r remote
	if errors.As(err, &r) {
		if known, ok := byCode[r.BizStatusCode()]; ok {
			return known.with(r.BizExtra())
		}
	}
	return Internal.Because(err)
}

// with returns e with the field and waiting time found in extra.
func (e *Error) with(extra map[string]string) *Error {
	if len(extra) == 0 {
		return e
	}
	c := *e
	c.field = extra[extraField]
	c.retryAfter, _ = time.ParseDuration(extra[extraRetryAfter]) // absent: zero
	return &c
}
