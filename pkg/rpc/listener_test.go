package rpc

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/cloudwego/kitex/server"

	"github.com/tutti-music/tutti/kitex_gen/user/userservice"
)

// With netpoll's own listener, about one file is lost per stop.
func TestAStopClosesNobodyElsesFiles(t *testing.T) {
	for round := range 8 {
		ctx, stop := context.WithCancel(t.Context())
		ready, done := make(chan struct{}), make(chan error, 1)
		go func() {
			done <- new(Node).Serve(ctx, Server{Service: User, Listen: anyPort}, func() { close(ready) },
				func(o ...server.Option) server.Server { return userservice.NewServer(called("it"), o...) })
		}()
		<-ready
		opened := openFiles(t, stop, done)
		for _, f := range opened {
			if _, err := f.Write([]byte("x")); err != nil {
				t.Errorf("round %d: %v", round, err)
			}
			_ = f.Close() // it has been reported
		}
	}
}

// openFiles opens files for as long as the server stops.
func openFiles(t *testing.T, stop func(), done <-chan error) []*os.File {
	t.Helper()
	dir := t.TempDir()
	var files []*os.File
	var opening sync.WaitGroup
	end := make(chan struct{})
	opening.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			f, err := os.CreateTemp(dir, "file")
			if err != nil {
				t.Error(err)
				return
			}
			files = append(files, f)
			select {
			case <-end:
				return
			case <-tick.C:
			}
		}
	})
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	close(end)
	opening.Wait()
	return files
}
