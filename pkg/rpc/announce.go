package rpc

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// leaseTTL is how long the entry of a killed process stays on the list.
	leaseTTL = 10 * time.Second

	// farewell bounds how long taking an entry off the list may hold up the end of a process.
	farewell = 2 * time.Second
)

// Announce implements Discovery. The entry hangs on a lease. Whenever the lease or the entry is lost, be it that etcd
// was away, was wiped or that somebody removed it, the instance is listed again, for as long as ctx lives.
func (d *etcdDriver) Announce(ctx context.Context, in Instance, listed func()) error {
	value, err := in.value()
	if err != nil {
		return err
	}
	listed = sync.OnceFunc(listed)
	var wait pacing
	for ctx.Err() == nil {
		err := d.hold(ctx, in.key(), value, func() {
			wait.succeeded(ctx, "listed in etcd again", "key", in.key())
			listed()
		})
		if ctx.Err() == nil {
			wait.failed(ctx, "not listed in etcd; will be as soon as etcd answers", "key", in.key(), "err", err)
		}
	}
	return nil
}

// hold keeps key in etcd until ctx ends, and then removes it. It returns earlier, with the reason, when the key is
// lost.
func (d *etcdDriver) hold(ctx context.Context, key, value string, listed func()) error {
	ask, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	lease, err := d.cli.Grant(ask, int64(leaseTTL/time.Second))
	if err != nil {
		return err
	}
	defer d.leave(ctx, key, lease.ID)
	put, err := d.cli.Put(ask, key, value, clientv3.WithLease(lease.ID))
	if err != nil {
		return err
	}
	held, release := context.WithCancel(ctx)
	defer release()
	alive, err := d.cli.KeepAlive(held, lease.ID)
	if err != nil {
		return err
	}
	listed()
	changes := d.cli.Watch(clientv3.WithRequireLeader(held), key, clientv3.WithRev(put.Header.Revision+1))
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-alive:
			if !ok {
				return errors.New("the lease is lost")
			}
		case w, ok := <-changes:
			if err := lost(w, ok); err != nil {
				return err
			}
		}
	}
}

// lost says why the key can no longer be counted on.
func lost(w clientv3.WatchResponse, ok bool) error {
	if !ok {
		return errors.New("the watch ended")
	}
	for _, e := range w.Events {
		if e.Type == clientv3.EventTypeDelete {
			return errors.New("somebody removed the entry")
		}
	}
	return w.Err()
}

// leave removes the entry at once when ctx has ended. Otherwise there is nothing to remove: either the lease is gone,
// or the next one takes the key over and this one runs out by itself.
func (d *etcdDriver) leave(ctx context.Context, key string, lease clientv3.LeaseID) {
	if ctx.Err() == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	if _, err := d.cli.Revoke(ctx, lease); err != nil {
		slog.WarnContext(ctx, "stays on the list until its lease ends", "key", key, "err", err)
	}
}
