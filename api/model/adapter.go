package model

import (
	"context"
	"net/http"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/protocol"

	"github.com/tutti-music/tutti/api/caller"
)

// Method is a route's own work: it gets a request and returns the data of the answer, or an errno.
type Method[Req, Resp any] func(ctx context.Context, req *Req) (Resp, error)

// JSON makes a route of a method: it reads the body, the path and the query into a Req and renders what comes back.
func JSON[Req, Resp any](do Method[Req, Resp]) app.HandlerFunc { return adapt(http.StatusOK, do) }

// Created is JSON for methods that make something: 201.
func Created[Req, Resp any](do Method[Req, Resp]) app.HandlerFunc {
	return adapt(http.StatusCreated, do)
}

// Cookier is data that also sets cookies.
type Cookier interface{ Cookies() []*protocol.Cookie }

func adapt[Req, Resp any](status int, do Method[Req, Resp]) app.HandlerFunc {
	return func(ctx context.Context, c *app.RequestContext) {
		var req Req
		if err := read(c, &req); err != nil {
			Fail(ctx, c, err)
			return
		}
		data, err := do(ctx, &req)
		if err != nil {
			Fail(ctx, c, err)
			return
		}
		if d, ok := any(data).(Cookier); ok {
			for _, cookie := range d.Cookies() {
				cookie.SetSecure(caller.From(ctx).Secure)
				c.Response.Header.SetCookie(cookie)
			}
		}
		succeed(ctx, c, status, data)
	}
}
