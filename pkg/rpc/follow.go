package rpc

import (
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// askTimeout is how long one question to etcd may take.
	askTimeout = 3 * time.Second

	// rereadEvery bounds how long a list can be wrong. An etcd that comes back with its data wiped counts its
	// revisions from 1 again, and a watch that waits for a later one would wait in silence.
	rereadEvery = 5 * time.Second
)

// follow calls changed with all that stands below prefix, at first and after every change, until ctx ends.
func follow(ctx context.Context, cli *clientv3.Client, prefix string, changed func(map[string]string)) {
	var last map[string]string
	tell := func(now map[string]string) {
		if last == nil || !maps.Equal(last, now) {
			last = maps.Clone(now)
			changed(last)
		}
	}
	var wait pacing
	for ctx.Err() == nil {
		err := stretch(ctx, cli, prefix, tell)
		switch {
		case ctx.Err() != nil:
		case err == nil:
			wait.succeeded(ctx, "etcd answers again", "prefix", prefix)
		default:
			wait.failed(ctx, "etcd does not answer; going on with what is known", "prefix", prefix, "err", err)
		}
	}
}

// stretch reads what stands below prefix, and follows the changes for a while.
func stretch(ctx context.Context, cli *clientv3.Client, prefix string, tell func(map[string]string)) error {
	kvs, revision, err := read(ctx, cli, prefix)
	if err != nil {
		return err
	}
	tell(kvs)
	ctx, cancel := context.WithTimeout(clientv3.WithRequireLeader(ctx), rereadEvery)
	defer cancel()
	for w := range cli.Watch(ctx, prefix, clientv3.WithPrefix(), clientv3.WithRev(revision+1)) {
		if err := w.Err(); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		for _, e := range w.Events {
			if e.Type == clientv3.EventTypeDelete {
				delete(kvs, string(e.Kv.Key))
			} else {
				kvs[string(e.Kv.Key)] = string(e.Kv.Value)
			}
		}
		tell(kvs)
	}
	return nil
}

// read returns what stands below prefix and at which revision of etcd.
func read(ctx context.Context, cli *clientv3.Client, prefix string) (map[string]string, int64, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	resp, err := cli.Get(ctx, prefix, clientv3.WithPrefix())
	if err != nil {
		return nil, 0, err
	}
	kvs := make(map[string]string, len(resp.Kvs))
	for _, kv := range resp.Kvs {
		kvs[string(kv.Key)] = string(kv.Value)
	}
	return kvs, resp.Header.Revision, nil
}

// pacing spaces attempts, with jitter so that all processes do not come back at the same moment, and tells the log
// once when trouble begins and once when it is over.
type pacing struct {
	next    time.Duration
	trouble bool
}

const firstWait, longestWait = 100 * time.Millisecond, 2 * time.Second

func (b *pacing) failed(ctx context.Context, what string, args ...any) {
	if !b.trouble {
		slog.WarnContext(ctx, what, args...)
	}
	b.trouble = true
	b.next = min(max(2*b.next, firstWait), longestWait)
	pause(ctx, b.next/2+rand.N(b.next/2))
}

func (b *pacing) succeeded(ctx context.Context, what string, args ...any) {
	if b.trouble {
		slog.InfoContext(ctx, what, args...)
	}
	*b = pacing{}
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
