// Package telemetry is how a process is watched from outside: its log, its metrics, and the private port on which they
// are found.
package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/bytedance/gopkg/cloud/metainfo"
	"github.com/cloudwego/hertz/pkg/common/hlog"
	"github.com/cloudwego/kitex/pkg/klog"
)

// Log writes the process's log to w: as lines for people, or as JSON.
func Log(w io.Writer, level slog.Level, json bool) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewTextHandler(w, opts)
	if json {
		h = slog.NewJSONHandler(w, opts)
	}
	return slog.New(requestIDs{h})
}

// Capture makes log the process's only log: what the standard library and the frameworks have to say goes there too.
// Kitex' errors are warnings; its own warnings repeat what a failed call says anyway. What Hertz has to say is about
// requests that it could not read; strangers decide how many of those there are, so it is for debugging.
func Capture(log *slog.Logger) {
	slog.SetDefault(log)
	klog.SetLevel(klog.LevelError)
	klog.SetOutput(lines{log.With("from", "kitex"), slog.LevelWarn})
	hlog.SetLevel(hlog.LevelWarn)
	hlog.SetOutput(lines{log.With("from", "hertz"), slog.LevelDebug})
}

// lines is a writer that makes a line of the log of each line it gets. Frameworks quote what they could not read, and
// that may hold passwords and tokens: a line ends where it begins to quote.
type lines struct {
	log   *slog.Logger
	level slog.Level
}

func (l lines) Write(p []byte) (int, error) {
	said, _, quotes := strings.Cut(strings.TrimSpace(string(p)), `"`)
	l.log.Log(context.Background(), l.level, said, "cut", quotes)
	return len(p), nil
}

// requestIDKey is under which name a request's id travels from service to service.
const requestIDKey = "TUTTI_REQUEST_ID"

// WithRequestID returns a context whose log lines, here and in every service behind, carry the id.
func WithRequestID(ctx context.Context, id string) context.Context {
	return metainfo.WithPersistentValue(ctx, requestIDKey, id)
}

// requestIDs adds the request's id to each line.
type requestIDs struct{ slog.Handler }

func (h requestIDs) Handle(ctx context.Context, r slog.Record) error {
	if id, ok := metainfo.GetPersistentValue(ctx, requestIDKey); ok {
		r.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, r)
}

func (h requestIDs) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestIDs{h.Handler.WithAttrs(attrs)}
}

func (h requestIDs) WithGroup(name string) slog.Handler { return requestIDs{h.Handler.WithGroup(name)} }

// ParseLevel reads "debug", "info", "warn" or "error".
func ParseLevel(s string) (slog.Level, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(s)); err != nil {
		return l, fmt.Errorf("%q is none of debug, info, warn, error", s)
	}
	return l, nil
}
