package user

import (
	"context"

	"github.com/tutti-music/tutti/api/caller"
	"github.com/tutti-music/tutti/api/model"
	"github.com/tutti-music/tutti/kitex_gen/user"
)

// CreateReq is the body of POST /api/admin/accounts.
type CreateReq struct {
	Name        string `json:"name"`
	Password    string `json:"password"`
	DisplayName string `json:"display_name"`
	Email       string `json:"email"`
	Role        string `json:"role"` // "" is listener
}

// Create opens an account for somebody else.
func (h *Handler) Create(ctx context.Context, req *CreateReq) (Account, error) {
	who := caller.From(ctx)
	if req.Role == "" {
		req.Role = "listener"
	}
	resp, err := h.Users.CreateAccount(ctx, &user.CreateAccountReq{
		Name: req.Name, Password: req.Password, DisplayName: req.DisplayName, Email: req.Email, Role: req.Role,
		Peer: who.Peer(), Operation: caller.NewOperation(),
	})
	if err != nil {
		return Account{}, err
	}
	return accountJSON(resp.Account), nil
}

// ListReq asks for accounts.
type ListReq struct {
	model.Page

	Query string `json:"-" query:"q"` // the beginning of a name
}

// List lists accounts by name.
func (h *Handler) List(ctx context.Context, req *ListReq) (model.List[Account], error) {
	page, err := req.Thrift()
	if err != nil {
		return model.List[Account]{}, err
	}
	resp, err := h.Users.ListAccounts(ctx, &user.ListAccountsReq{Page: page, Query: req.Query})
	if err != nil {
		return model.List[Account]{}, err
	}
	return model.NewList(resp.Items, accountJSON, resp.Total, resp.Next), nil
}

// SetPasswordReq is the body of POST /api/admin/accounts/:id/password.
type SetPasswordReq struct {
	ByID

	NewPassword string `json:"new_password"`
}

// SetPassword gives somebody else a new password.
func (h *Handler) SetPassword(ctx context.Context, req *SetPasswordReq) (model.Nothing, error) {
	_, err := h.Users.SetPassword(ctx, &user.SetPasswordReq{
		Account: req.ID, NewPassword_: req.NewPassword, Peer: caller.From(ctx).Peer(),
	})
	return nil, err
}

// AuditReq asks for the record of what happened.
type AuditReq struct {
	model.Page

	Account string `json:"-" query:"account"`
	Kind    string `json:"-" query:"kind"`
}

// AuditEvent is one line of the record in JSON.
type AuditEvent struct {
	ID      string     `json:"id"`
	Kind    string     `json:"kind"`
	Account string     `json:"account"`
	Actor   string     `json:"actor"`
	Address string     `json:"address"`
	Detail  string     `json:"detail"`
	At      model.Time `json:"at"`
}

// Audit lists what happened, newest first.
func (h *Handler) Audit(ctx context.Context, req *AuditReq) (model.List[AuditEvent], error) {
	page, err := req.Thrift()
	if err != nil {
		return model.List[AuditEvent]{}, err
	}
	resp, err := h.Users.ListAudit(ctx, &user.ListAuditReq{Page: page, Account: req.Account, Kind: req.Kind})
	if err != nil {
		return model.List[AuditEvent]{}, err
	}
	return model.NewList(resp.Items, func(e *user.AuditEvent) AuditEvent {
		return AuditEvent{
			ID: e.Id, Kind: e.Kind, Account: e.Account, Actor: e.Actor, Address: e.Address, Detail: e.Detail,
			At: model.Time(e.At),
		}
	}, resp.Total, resp.Next), nil
}
