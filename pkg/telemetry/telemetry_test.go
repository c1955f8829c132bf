package telemetry_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"context"

	"github.com/tutti-music/tutti/pkg/health"
	"github.com/tutti-music/tutti/pkg/telemetry"
)

func TestEachLineCarriesTheRequestsID(t *testing.T) {
	var out bytes.Buffer
	log := telemetry.Log(&out, slog.LevelInfo, true).With("part", "user")
	log.InfoContext(telemetry.WithRequestID(t.Context(), "r-1"), "hello")
	log.DebugContext(t.Context(), "not at this level")

	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	if line["request_id"] != "r-1" || line["part"] != "user" || line["msg"] != "hello" {
		t.Errorf("%v", line)
	}
}

func TestALevelThatDoesNotExistIsRefused(t *testing.T) {
	if _, err := telemetry.ParseLevel("loud"); err == nil {
		t.Error("loud is a level")
	}
	if l, err := telemetry.ParseLevel("warn"); err != nil || l != slog.LevelWarn {
		t.Errorf("warn is %v, %v", l, err)
	}
}

func TestThePrivatePortTellsHealthAndMetrics(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	checks, metrics := &health.Checks{}, telemetry.NewMetrics("1.2.3")
	metrics.Request("/api/user/me", "GET", 200, time.Millisecond)
	ctx, stop := context.WithCancel(t.Context())
	ready, done := make(chan struct{}), make(chan error)
	go func() { done <- telemetry.Admin(address, metrics, checks).Run(ctx, func() { close(ready) }) }()
	<-ready

	for _, c := range []struct {
		path   string
		status int
		holds  string
	}{
		{"/healthz", 200, "alive"},
		{"/readyz", 503, `"ready":false`},
		{"/metrics", 200, `tutti_http_request_duration_seconds_count{method="GET",route="/api/user/me",status="200"} 1`},
		{"/metrics", 200, `tutti_build_info{version="1.2.3"} 1`},
		{"/debug/pprof/", 200, "goroutine"},
	} {
		status, body := get(t, "http://"+address+c.path)
		if status != c.status || !strings.Contains(body, c.holds) {
			t.Errorf("%s: %d, and %q is not in it", c.path, status, c.holds)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
