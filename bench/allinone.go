//go:build linux

package main

import "context"

// buildAllInOne starts one process with everything in it.
func buildAllInOne(ctx context.Context, l *lab, s *system) error {
	p, address, err := l.allInOne(ctx)
	if err != nil {
		return err
	}
	s.later(p.stop)
	if err := await(ctx, readiness(address)); err != nil {
		return err
	}
	a, err := register(ctx, address)
	if err != nil {
		return err
	}
	s.targets = map[string]target{"all-in-one": {"Hertz → user, all in one", []*process{p}, a.callMe}}
	return nil
}

// allInOne starts a process with everything in it, on an empty folder. It is not ready yet.
func (l *lab) allInOne(ctx context.Context) (p *process, address string, err error) {
	data, err := l.folder()
	if err != nil {
		return nil, "", err
	}
	address, err = freeAddress(ctx)
	if err != nil {
		return nil, "", err
	}
	p, err = l.start(ctx, l.tutti(), []string{
		"all", "--data", data, "--listen", address, "--registration-limit", "0", "--log-level", "warn",
	})
	return p, address, err
}
