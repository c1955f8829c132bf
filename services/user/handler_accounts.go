package user

import (
	"context"
	"time"

	"github.com/tutti-music/tutti/kitex_gen/user"
)

func (h *handler) GetAccount(ctx context.Context, req *user.GetAccountReq) (*user.GetAccountResp, error) {
	a, err := h.rules.account(ctx, req.Id)
	if err != nil {
		return nil, err
	}
	return &user.GetAccountResp{Account: thriftAccount(a)}, nil
}

func (h *handler) UpdateAccount(ctx context.Context, req *user.UpdateAccountReq) (*user.UpdateAccountResp, error) {
	a, err := h.rules.update(ctx, req.Id, change{
		displayName: req.DisplayName, email: req.Email, role: req.Role, disabled: req.Disabled, peer: peerOf(req.Peer),
	})
	if err != nil {
		return nil, err
	}
	return &user.UpdateAccountResp{Account: thriftAccount(a)}, nil
}

func (h *handler) DeleteAccount(ctx context.Context, req *user.DeleteAccountReq) (*user.DeleteAccountResp, error) {
	if err := h.rules.remove(ctx, req.Id, peerOf(req.Peer)); err != nil {
		return nil, err
	}
	return &user.DeleteAccountResp{}, nil
}

func (h *handler) CreateAccount(ctx context.Context, req *user.CreateAccountReq) (*user.CreateAccountResp, error) {
	a, err := h.rules.create(ctx, application{
		name: req.Name, password: req.Password, displayName: req.DisplayName, email: req.Email, role: req.Role,
		operation: req.Operation, peer: peerOf(req.Peer),
	})
	if err != nil {
		return nil, err
	}
	return &user.CreateAccountResp{Account: thriftAccount(a)}, nil
}

func (h *handler) ListAccounts(ctx context.Context, req *user.ListAccountsReq) (*user.ListAccountsResp, error) {
	page, err := h.rules.list(ctx, req.Query, req.Page.Cursor, limitOf(req.Page))
	if err != nil {
		return nil, err
	}
	return &user.ListAccountsResp{Items: convert(page.Items, thriftAccount), Total: page.Total, Next: page.Next}, nil
}

func (h *handler) SetPassword(ctx context.Context, req *user.SetPasswordReq) (*user.SetPasswordResp, error) {
	if err := h.rules.setPassword(ctx, req.Account, req.NewPassword_, peerOf(req.Peer)); err != nil {
		return nil, err
	}
	return &user.SetPasswordResp{}, nil
}

func (h *handler) CreateInvite(ctx context.Context, req *user.CreateInviteReq) (*user.CreateInviteResp, error) {
	// Compared in milliseconds: a duration of absurd length would overflow into another.
	lifetime := time.Duration(min(max(req.ExpiresIn, 0), 2*maxInviteLife.Milliseconds())) * time.Millisecond
	i, err := h.rules.invite(ctx, req.Note, req.Uses, lifetime, peerOf(req.Peer))
	if err != nil {
		return nil, err
	}
	return &user.CreateInviteResp{Invite: thriftInvite(i)}, nil
}

func (h *handler) ListInvites(ctx context.Context, req *user.ListInvitesReq) (*user.ListInvitesResp, error) {
	page, err := h.rules.listInvites(ctx, req.Page.Cursor, limitOf(req.Page))
	if err != nil {
		return nil, err
	}
	return &user.ListInvitesResp{Items: convert(page.Items, thriftInvite), Total: page.Total, Next: page.Next}, nil
}

func (h *handler) DeleteInvite(ctx context.Context, req *user.DeleteInviteReq) (*user.DeleteInviteResp, error) {
	if err := h.rules.withdraw(ctx, req.Id, peerOf(req.Peer)); err != nil {
		return nil, err
	}
	return &user.DeleteInviteResp{}, nil
}

func (h *handler) ListAudit(ctx context.Context, req *user.ListAuditReq) (*user.ListAuditResp, error) {
	page, err := h.rules.audit(ctx, req.Account, req.Kind, req.Page.Cursor, limitOf(req.Page))
	if err != nil {
		return nil, err
	}
	return &user.ListAuditResp{
		Items: convert(page.Items, func(e Event) *user.AuditEvent {
			return &user.AuditEvent{
				Id: e.ID, Kind: string(e.Kind), Account: e.Account, Actor: e.Actor, Address: e.Address,
				Detail: e.Detail, At: e.At,
			}
		}),
		Total: page.Total, Next: page.Next,
	}, nil
}

func thriftInvite(i Invite) *user.Invite {
	return &user.Invite{
		Id: i.ID, Code: i.Code, Note: i.Note, UsesLeft: i.UsesLeft, CreatedAt: i.CreatedAt,
		ExpiresAt: i.ExpiresAt, CreatedBy: i.CreatedBy,
	}
}
