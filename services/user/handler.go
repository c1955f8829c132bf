package user

import (
	"context"

	"github.com/tutti-music/tutti/kitex_gen/user"
	"github.com/tutti-music/tutti/pkg/identity"
)

// handler turns Thrift into rules and back (user.UserService).
type handler struct{ rules *rules }

func (h *handler) Register(ctx context.Context, req *user.RegisterReq) (*user.RegisterResp, error) {
	a, err := h.rules.register(ctx, application{
		name: req.Name, password: req.Password, displayName: req.DisplayName, email: req.Email,
		invite: req.Invite, operation: req.Operation, peer: peerOf(req.Peer),
	})
	if err != nil {
		return nil, err
	}
	return &user.RegisterResp{Account: thriftAccount(a)}, nil
}

func (h *handler) Login(ctx context.Context, req *user.LoginReq) (*user.LoginResp, error) {
	g, err := h.rules.signIn(ctx, req.Name, req.Password, peerOf(req.Peer))
	if err != nil {
		return nil, err
	}
	return &user.LoginResp{Tokens: thriftTokens(g)}, nil
}

func (h *handler) Refresh(ctx context.Context, req *user.RefreshReq) (*user.RefreshResp, error) {
	g, err := h.rules.refresh(ctx, req.RefreshToken, req.Operation, peerOf(req.Peer))
	if err != nil {
		return nil, err
	}
	return &user.RefreshResp{Tokens: thriftTokens(g)}, nil
}

func (h *handler) Logout(ctx context.Context, req *user.LogoutReq) (*user.LogoutResp, error) {
	if err := h.rules.signOut(ctx, peerOf(req.Peer)); err != nil {
		return nil, err
	}
	return &user.LogoutResp{}, nil
}

func (h *handler) ChangePassword(ctx context.Context, req *user.ChangePasswordReq) (*user.ChangePasswordResp, error) {
	if err := h.rules.changePassword(ctx, req.CurrentPassword, req.NewPassword_, peerOf(req.Peer)); err != nil {
		return nil, err
	}
	return &user.ChangePasswordResp{}, nil
}

func (h *handler) ListSessions(ctx context.Context, req *user.ListSessionsReq) (*user.ListSessionsResp, error) {
	page, current, err := h.rules.listSessions(ctx, req.Page.Cursor, limitOf(req.Page))
	if err != nil {
		return nil, err
	}
	return &user.ListSessionsResp{
		Items: convert(page.Items, func(s Session) *user.Session {
			return &user.Session{
				Id: s.ID, Agent: s.Agent, Address: s.Address, CreatedAt: s.CreatedAt, UsedAt: s.UsedAt,
				ExpiresAt: s.ExpiresAt, Current: s.ID == current,
			}
		}),
		Total: page.Total, Next: page.Next,
	}, nil
}

func (h *handler) RevokeSession(ctx context.Context, req *user.RevokeSessionReq) (*user.RevokeSessionResp, error) {
	if err := h.rules.revokeSession(ctx, req.Id, peerOf(req.Peer)); err != nil {
		return nil, err
	}
	return &user.RevokeSessionResp{}, nil
}

func (h *handler) ListRevocations(ctx context.Context, req *user.ListRevocationsReq) (*user.ListRevocationsResp, error) {
	found, asOf, err := h.rules.revocations(ctx, req.Since)
	if err != nil {
		return nil, err
	}
	return &user.ListRevocationsResp{
		Items: convert(found, func(v Revocation) *user.Revocation {
			return &user.Revocation{Subject: v.Subject, Version: v.Version, At: v.At}
		}),
		AsOf: asOf,
	}, nil
}

func thriftAccount(a Account) *user.Account {
	return &user.Account{
		Id: a.ID, Name: a.Name, DisplayName: a.DisplayName, Email: a.Email, Role: string(a.Role),
		Disabled: a.Disabled, CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt,
	}
}

func thriftTokens(g grant) *user.Tokens {
	return &user.Tokens{
		AccessToken: g.access, ExpiresIn: identity.Lifetime.Milliseconds(),
		RefreshToken: g.refresh, RefreshExpiresIn: refreshLifetime.Milliseconds(),
		Account: thriftAccount(g.account),
	}
}

func peerOf(p *user.Peer) Peer { return Peer{Address: p.Address, Agent: p.Agent} }

// maxPage is the longest page of any list.
const maxPage = 200

func limitOf(p *user.Page) int { return min(max(int(p.Limit), 1), maxPage) }

// convert converts a list; the result is never nil, which is what an empty list is on the wire.
func convert[A, B any](in []A, one func(A) B) []B {
	out := make([]B, len(in))
	for i, a := range in {
		out[i] = one(a)
	}
	return out
}
