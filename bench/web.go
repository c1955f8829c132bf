//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/cloudwego/hertz/pkg/app/client"
	"github.com/cloudwego/hertz/pkg/network/standard"
	"github.com/cloudwego/hertz/pkg/protocol"
)

// call makes one request. It fails when the answer is not the right one.
type call func(ctx context.Context) error

// question is an HTTP request and how to know the right answer.
type question struct {
	method, url string
	token       string // access token; may be empty
	body        string
	status      int
	holds       string // what the body must hold
}

// newClient returns Hertz' own client, which keeps as many connections alive as there are callers. It takes less than
// half of what net/http takes from the cores it shares with the server under test.
func newClient() (*client.Client, error) {
	return client.NewClient(
		client.WithDialer(standard.NewDialer()),
		client.WithDialTimeout(time.Second),
		client.WithClientReadTimeout(10*time.Second),
		client.WithMaxIdleConnDuration(time.Minute),
	)
}

// line returns a call that puts the question, and what closes its connections: a server waits for them when it stops.
func (q question) line() (do call, hangUp func(), err error) {
	c, err := newClient()
	if err != nil {
		return nil, nil, err
	}
	request := q.request()
	return func(ctx context.Context) error { return q.put(ctx, c, request, nil) }, c.CloseIdleConnections, nil
}

// once puts the question one time and hands the body of the answer to use.
func (q question) once(ctx context.Context, use func(body []byte) error) error {
	c, err := newClient()
	if err != nil {
		return err
	}
	defer c.CloseIdleConnections()
	return q.put(ctx, c, q.request(), use)
}

func (q question) request() *protocol.Request {
	r := protocol.NewRequest(q.method, q.url, nil)
	if q.token != "" {
		r.Header.Set("Authorization", "Bearer "+q.token)
	}
	if q.body != "" {
		r.Header.SetContentTypeBytes([]byte("application/json"))
		r.SetBodyString(q.body)
	}
	return r
}

// put sends a copy of request, because the client changes what it sends. use may be nil.
func (q question) put(ctx context.Context, c *client.Client, request *protocol.Request, use func([]byte) error) error {
	req, resp := protocol.AcquireRequest(), protocol.AcquireResponse()
	defer protocol.ReleaseRequest(req)
	defer protocol.ReleaseResponse(resp)
	request.CopyTo(req)
	if err := c.Do(ctx, req, resp); err != nil {
		return err
	}
	body := resp.Body()
	if resp.StatusCode() != q.status || !bytes.Contains(body, []byte(q.holds)) {
		return fmt.Errorf("%s %s: %d %.200s", q.method, q.url, resp.StatusCode(), body)
	}
	if use == nil {
		return nil
	}
	return use(body)
}

// pollEvery is how often a starting process is asked whether it is ready.
const pollEvery = 2 * time.Millisecond

// await puts the question until the answer is right.
func await(ctx context.Context, q question) error {
	do, hangUp, err := q.line()
	if err != nil {
		return err
	}
	defer hangUp()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := do(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w", q.url, err)
		}
	}
}

// readiness asks the process at the address whether it can do its work.
func readiness(address string) question {
	return question{method: http.MethodGet, url: "http://" + address + "/readyz", status: http.StatusOK, holds: `"ready":true`}
}
