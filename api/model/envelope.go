// Package model is the shape of the JSON API: one envelope around every answer, and the adapter that makes a route of a
// method that returns.
package model

import (
	"context"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/bytedance/sonic"
	"github.com/cloudwego/hertz/pkg/app"

	"github.com/tutti-music/tutti/api/caller"
	"github.com/tutti-music/tutti/pkg/errno"
)

// Envelope is around every answer of the JSON API.
type Envelope struct {
	Code      int32  `json:"code"`    // 0, or a code of docs/api.md
	Message   string `json:"message"` // "ok", or what is wrong
	Field     string `json:"field,omitempty"`
	RequestID string `json:"request_id"`
	Data      any    `json:"data"`
}

// Nothing is the data of an answer that has none.
type Nothing = *struct{}

// List is the data of an answer with a part of a list.
type List[T any] struct {
	Items []T    `json:"items"`
	Total int64  `json:"total"` // how many the whole list has
	Next  string `json:"next"`  // the cursor of the next part; "" at the end
}

// Time is a moment as the API writes it: RFC 3339, UTC, milliseconds.
type Time int64

// MarshalJSON writes milliseconds since the epoch as a date.
func (t Time) MarshalJSON() ([]byte, error) {
	return time.UnixMilli(int64(t)).UTC().AppendFormat(nil, `"2006-01-02T15:04:05.000Z"`), nil
}

// succeed renders an answer.
func succeed(ctx context.Context, c *app.RequestContext, status int, data any) {
	render(ctx, c, status, Envelope{Message: "ok", RequestID: caller.From(ctx).RequestID, Data: data})
}

// render writes an envelope, with a line end for those who read it in a terminal.
func render(ctx context.Context, c *app.RequestContext, status int, e Envelope) {
	body, err := sonic.ConfigStd.Marshal(e)
	if err != nil {
		slog.ErrorContext(ctx, "an answer cannot be written as JSON", "route", c.FullPath(), "err", err)
		c.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	c.Data(status, "application/json; charset=utf-8", append(body, '\n'))
}

// Fail renders an error and ends the request. What a stranger should not see is logged, here and only here, unless the
// service that failed has done so.
func Fail(ctx context.Context, c *app.RequestContext, err error) {
	e := errno.From(err)
	if e.Unwrap() != nil && e.Status() >= http.StatusInternalServerError {
		slog.ErrorContext(ctx, "request failed", "route", c.FullPath(), "err", err)
	}
	if e.RetryAfter() > 0 {
		c.Header("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter().Seconds()))))
	} else if e.Status() == http.StatusServiceUnavailable {
		c.Header("Retry-After", "1")
	}
	if e.Status() == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", "Bearer")
	}
	render(ctx, c, e.Status(), Envelope{
		Code: e.Code(), Message: e.Message(), Field: e.Field(), RequestID: caller.From(ctx).RequestID,
	})
	c.Abort()
}

// NewList returns the data of an answer from what a service listed.
func NewList[A, B any](items []A, convert func(A) B, total int64, next string) List[B] {
	l := List[B]{Items: make([]B, len(items)), Total: total, Next: next} // an empty list is [], not null
	for i, a := range items {
		l.Items[i] = convert(a)
	}
	return l
}
