//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/tutti-music/tutti/kitex_gen/user"
	"github.com/tutti-music/tutti/kitex_gen/user/userservice"
	"github.com/tutti-music/tutti/pkg/etcd"
	"github.com/tutti-music/tutti/pkg/identity"
	"github.com/tutti-music/tutti/pkg/rpc"
)

// buildCluster starts an etcd in this process, where it does next to nothing, and one process for each part.
func buildCluster(ctx context.Context, l *lab, s *system) error {
	server, err := etcd.Start(ctx, etcd.Config{Dir: filepath.Join(l.dir, "etcd"), Listen: "127.0.0.1:0"})
	if err != nil {
		return err
	}
	s.later(server.Close)
	at := server.Addrs()[0].String()
	users, err := l.part(ctx, s, at, "user", func(data string) []string {
		return []string{"--rpc-listen", "127.0.0.1:0", "--db", "sqlite:" + filepath.Join(data, "user.db"), "--registration-limit", "0"}
	})
	if err != nil {
		return err
	}
	listen, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	gateway, err := l.part(ctx, s, at, "api", func(string) []string { return []string{"--listen", listen} })
	if err != nil {
		return err
	}
	a, err := register(ctx, listen)
	if err != nil {
		return err
	}
	direct, err := newDirect(a, l.secret, server, s) //nolint:contextcheck // s ends what it starts
	if err != nil {
		return err
	}
	both := []*process{users, gateway}
	s.targets = map[string]target{
		"direct":  {"Kitex → user, direct", []*process{users}, direct.open},
		"gateway": {"Hertz → Kitex → user, one process each", both, a.callMe},
		"login": {"sign-in (argon2id), one process each", both, func(context.Context) (call, func(), error) {
			return a.login().line()
		}},
	}
	return nil
}

// part starts a process that runs one part, and waits until it is ready.
func (l *lab) part(ctx context.Context, s *system, etcd, name string, more func(data string) []string) (*process, error) {
	data, err := l.folder()
	if err != nil {
		return nil, err
	}
	admin, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	p, err := l.start(ctx, l.tutti(), append([]string{
		name, "--data", data, "--etcd", etcd, "--secret", l.secret, "--admin-listen", admin, "--log-level", "warn",
	}, more(data)...))
	if err != nil {
		return nil, err
	}
	s.later(p.stop)
	return p, await(ctx, readiness(admin))
}

// direct calls the user service as the gateway does, without the gateway.
type direct struct {
	account account
	users   userservice.Client
}

// newDirect builds the client, which lives as long as s.
func newDirect(a account, secret string, server *etcd.Server, s *system) (direct, error) {
	proof, err := identity.Proof(secret)
	if err != nil {
		return direct{}, err
	}
	node := &rpc.Node{Discovery: rpc.NewEtcd(server.Client(), ""), Proof: proof}
	s.later(func() { _ = node.Discovery.Close() })
	users, err := userservice.NewClient(rpc.User, node.ClientOptions("tutti.bench", rpc.User)...)
	return direct{a, users}, err
}

var errOtherAccount = errors.New("the answer is about another account")

func (d direct) open(ctx context.Context) (do call, hangUp func(), err error) {
	token, id, err := d.account.signIn(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("signing in: %w", err)
	}
	return func(ctx context.Context) error {
		resp, err := d.users.GetAccount(identity.Forward(ctx, token), &user.GetAccountReq{Id: id})
		if err == nil && resp.Account.Name != accountName {
			err = errOtherAccount
		}
		return err
	}, func() {}, nil
}
