package etcd

import (
	"context"
	"log/slog"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// logger hands etcd's log to slog, warnings and worse. What etcd calls fatal becomes a panic in its goroutine: ending
// the process is not a library's business, and during the start it is an error (see ready).
func logger() *zap.Logger {
	return zap.New(bridge{}, zap.WithFatalHook(zapcore.WriteThenPanic))
}

// bridge is a zapcore.Core that writes to slog's default logger.
type bridge struct{ fields []zapcore.Field }

// noise reports whether a message is about what we do on purpose: no HTTP, no users, no snapshot yet.
func noise(message string) bool {
	switch message {
	case "Running http and grpc server on single port. This is not recommended for production.",
		"simple token is not cryptographically signed",
		"Failed to detect schema version", "failed to update storage version":
		return true
	}
	return false
}

// Enabled reports whether a message of that level is handed on.
func (bridge) Enabled(l zapcore.Level) bool { return l >= zapcore.WarnLevel }

// With returns a bridge that adds fields to every message.
func (b bridge) With(fields []zapcore.Field) zapcore.Core {
	return bridge{append(b.fields[:len(b.fields):len(b.fields)], fields...)}
}

// Check joins the writers of a message.
func (b bridge) Check(e zapcore.Entry, to *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if b.Enabled(e.Level) && !noise(e.Message) {
		return to.AddCore(e, b)
	}
	return to
}

// Write hands one message on.
func (b bridge) Write(e zapcore.Entry, fields []zapcore.Field) error {
	enc := zapcore.NewMapObjectEncoder()
	for _, f := range append(b.fields[:len(b.fields):len(b.fields)], fields...) {
		f.AddTo(enc)
	}
	attrs := make([]slog.Attr, 0, len(enc.Fields))
	for k, v := range enc.Fields {
		attrs = append(attrs, slog.Any(k, v))
	}
	level := slog.LevelWarn
	if e.Level > zapcore.WarnLevel {
		level = slog.LevelError
	}
	slog.LogAttrs(context.Background(), level, "etcd: "+e.Message, attrs...)
	return nil
}

// Sync has nothing to do: slog does not buffer.
func (bridge) Sync() error { return nil }
