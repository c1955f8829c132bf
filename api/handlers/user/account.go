// Package user holds the routes about accounts, sessions and invitations.
package user

import (
	"context"

	"github.com/tutti-music/tutti/api/caller"
	"github.com/tutti-music/tutti/api/model"
	"github.com/tutti-music/tutti/kitex_gen/user"
	"github.com/tutti-music/tutti/kitex_gen/user/userservice"
)

// Handler answers with what the user service says.
type Handler struct{ Users userservice.Client }

// Account is an account in JSON.
type Account struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	DisplayName string     `json:"display_name"`
	Email       string     `json:"email"`
	Role        string     `json:"role"`
	Disabled    bool       `json:"disabled"`
	CreatedAt   model.Time `json:"created_at"`
	UpdatedAt   model.Time `json:"updated_at"`
}

func accountJSON(a *user.Account) Account {
	return Account{
		ID: a.Id, Name: a.Name, DisplayName: a.DisplayName, Email: a.Email, Role: a.Role, Disabled: a.Disabled,
		CreatedAt: model.Time(a.CreatedAt), UpdatedAt: model.Time(a.UpdatedAt),
	}
}

// RegisterReq is the body of POST /api/user/register.
type RegisterReq struct {
	Name        string `json:"name"`
	Password    string `json:"password"`
	DisplayName string `json:"display_name"`
	Email       string `json:"email"`
	Invite      string `json:"invite"`
}

// Register opens an account.
func (h *Handler) Register(ctx context.Context, req *RegisterReq) (Account, error) {
	who := caller.From(ctx)
	resp, err := h.Users.Register(ctx, &user.RegisterReq{
		Name: req.Name, Password: req.Password, DisplayName: req.DisplayName, Email: req.Email, Invite: req.Invite,
		Peer: who.Peer(), Operation: caller.NewOperation(),
	})
	if err != nil {
		return Account{}, err
	}
	return accountJSON(resp.Account), nil
}

// Me returns the caller's own account.
func (h *Handler) Me(ctx context.Context, _ *struct{}) (Account, error) {
	return h.get(ctx, caller.From(ctx).Account)
}

// ByID is a request about one account, session or invitation.
type ByID struct {
	ID string `json:"-" path:"id"`
}

// Account returns any account.
func (h *Handler) Account(ctx context.Context, req *ByID) (Account, error) { return h.get(ctx, req.ID) }

func (h *Handler) get(ctx context.Context, id string) (Account, error) {
	resp, err := h.Users.GetAccount(ctx, &user.GetAccountReq{Id: id})
	if err != nil {
		return Account{}, err
	}
	return accountJSON(resp.Account), nil
}

// UpdateMeReq is the body of PATCH /api/user/me. What is left out stays as it is.
type UpdateMeReq struct {
	DisplayName *string `json:"display_name"`
	Email       *string `json:"email"`
}

// UpdateMe changes the caller's own account.
func (h *Handler) UpdateMe(ctx context.Context, req *UpdateMeReq) (Account, error) {
	return h.update(ctx, &user.UpdateAccountReq{
		Id: caller.From(ctx).Account, DisplayName: req.DisplayName, Email: req.Email,
	})
}

// UpdateReq is the body of PATCH /api/admin/accounts/:id. What is left out stays as it is.
type UpdateReq struct {
	ByID
	UpdateMeReq

	Role     *string `json:"role"`
	Disabled *bool   `json:"disabled"`
}

// Update changes any account.
func (h *Handler) Update(ctx context.Context, req *UpdateReq) (Account, error) {
	return h.update(ctx, &user.UpdateAccountReq{
		Id: req.ID, DisplayName: req.DisplayName, Email: req.Email, Role: req.Role, Disabled: req.Disabled,
	})
}

func (h *Handler) update(ctx context.Context, req *user.UpdateAccountReq) (Account, error) {
	req.Peer = caller.From(ctx).Peer()
	resp, err := h.Users.UpdateAccount(ctx, req)
	if err != nil {
		return Account{}, err
	}
	return accountJSON(resp.Account), nil
}

// DeleteMe deletes the caller's own account.
func (h *Handler) DeleteMe(ctx context.Context, _ *struct{}) (SignedOut, error) {
	_, err := h.Delete(ctx, &ByID{ID: caller.From(ctx).Account})
	return SignedOut{}, err
}

// Delete deletes any account.
func (h *Handler) Delete(ctx context.Context, req *ByID) (model.Nothing, error) {
	_, err := h.Users.DeleteAccount(ctx, &user.DeleteAccountReq{Id: req.ID, Peer: caller.From(ctx).Peer()})
	return nil, err
}
