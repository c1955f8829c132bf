//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is one program under test.
type process struct {
	pid   int
	end   context.CancelFunc
	ended chan struct{}
}

// patience is how long a process may take to start, or to stop before it is killed.
const patience = 30 * time.Second

// start runs a program, whose first argument says as what, until stop or the end of ctx. A program that ends before that ends the whole run. Its
// environment is empty, so that it has the settings that are given here and no others.
func (l *lab) start(ctx context.Context, program string, args []string) (*process, error) {
	ctx, end := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // ourselves, or the binary that we built
	cmd.Dir, cmd.Env, cmd.Stderr = l.dir, []string{}, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	// A group of its own: Ctrl-C reaches the bench alone, which waits for its processes.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		end()
		return nil, err
	}
	p := &process{pid: cmd.Process.Pid, end: end, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		_ = cmd.Wait() // how it ended is in ProcessState
		if ctx.Err() == nil {
			l.fail(fmt.Errorf("%s %s ended by itself: %s", filepath.Base(program), args[0], cmd.ProcessState))
		}
	}()
	return p, nil
}

// stop ends the process and waits until it is gone.
func (p *process) stop() {
	p.end()
	<-p.ended
}

// tick is the unit of processor time in /proc: a hundredth of a second on every Linux.
const tick = 10 * time.Millisecond

// used returns the processor time, the kernel's included, that the process has taken so far.
func (p *process) used() (time.Duration, error) {
	path := fmt.Sprintf("/proc/%d/stat", p.pid)
	b, err := os.ReadFile(path) //nolint:gosec // a number of ours
	if err != nil {
		return 0, err
	}
	// The second field, the name, may hold blanks and brackets. After it the state is field 3, utime 14 and stime 15.
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("%s: too short", path)
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return time.Duration(user+system) * tick, nil
}

// used adds up what several processes have taken.
func used(processes []*process) (time.Duration, error) {
	var sum time.Duration
	for _, p := range processes {
		t, err := p.used()
		if err != nil {
			return 0, err
		}
		sum += t
	}
	return sum, nil
}

// memory returns the bytes of physical memory that the process occupies.
func (p *process) memory() (int64, error) {
	path := fmt.Sprintf("/proc/%d/status", p.pid)
	b, err := os.ReadFile(path) //nolint:gosec // a number of ours
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("%s: has no VmRSS", path)
}
