package health_test

import (
	"context"
	"errors"
	"testing"

	"github.com/tutti-music/tutti/pkg/health"
)

func TestAProcessIsReadyWhenItHasStartedAndNothingIsAway(t *testing.T) {
	var away error
	c := &health.Checks{}
	c.Add("database", func(context.Context) error { return away })
	for _, step := range []struct {
		started bool
		away    error
		ready   bool
		check   string
	}{
		{false, nil, false, "ok"},
		{true, nil, true, "ok"},
		{true, errors.New("dial tcp 10.0.0.7: refused"), false, "away"},
		{true, nil, true, "ok"},
		{false, nil, false, "ok"},
	} {
		c.Ready(step.started)
		away = step.away
		if r := c.Run(t.Context()); r.Ready != step.ready || r.Checks["database"] != step.check {
			t.Errorf("%+v: %+v", step, r)
		}
	}
}

func TestAPartThatStartsIsNamed(t *testing.T) {
	c := &health.Checks{}
	c.Starting("user", false)
	if r := c.Run(t.Context()); r.Ready || r.Checks["user"] != "starting" {
		t.Errorf("while it starts: %+v", r)
	}
	c.Starting("user", true)
	c.Ready(true)
	if r := c.Run(t.Context()); !r.Ready || len(r.Checks) != 0 {
		t.Errorf("afterwards: %+v", r)
	}
}

func TestACheckThatHangsCountsAsFailed(t *testing.T) {
	c := &health.Checks{}
	c.Add("etcd", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	c.Ready(true)
	if r := c.Run(t.Context()); r.Ready || r.Checks["etcd"] != "away" {
		t.Errorf("%+v", r)
	}
}
