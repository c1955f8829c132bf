package user

import (
	"context"

	"github.com/tutti-music/tutti/api/caller"
	"github.com/tutti-music/tutti/api/model"
	"github.com/tutti-music/tutti/kitex_gen/user"
)

// What an invitation is good for unless the request says otherwise.
const (
	inviteUses = 1
	inviteLife = 7 * 24 * 60 * 60 * 1000 // milliseconds
)

// InviteReq is the body of POST /api/admin/invites.
type InviteReq struct {
	Note      string `json:"note"`
	Uses      *int32 `json:"uses"`       // left out: 1
	ExpiresIn *int64 `json:"expires_in"` // milliseconds; left out: a week
}

// Invite is an invitation in JSON.
type Invite struct {
	ID        string     `json:"id"`
	Code      string     `json:"code"`
	Note      string     `json:"note"`
	UsesLeft  int32      `json:"uses_left"`
	CreatedBy string     `json:"created_by"`
	CreatedAt model.Time `json:"created_at"`
	ExpiresAt model.Time `json:"expires_at"`
}

func inviteJSON(i *user.Invite) Invite {
	return Invite{
		ID: i.Id, Code: i.Code, Note: i.Note, UsesLeft: i.UsesLeft, CreatedBy: i.CreatedBy,
		CreatedAt: model.Time(i.CreatedAt), ExpiresAt: model.Time(i.ExpiresAt),
	}
}

// Invite makes an invitation.
func (h *Handler) Invite(ctx context.Context, req *InviteReq) (Invite, error) {
	in := &user.CreateInviteReq{Note: req.Note, Uses: inviteUses, ExpiresIn: inviteLife, Peer: caller.From(ctx).Peer()}
	if req.Uses != nil {
		in.Uses = *req.Uses
	}
	if req.ExpiresIn != nil {
		in.ExpiresIn = *req.ExpiresIn
	}
	resp, err := h.Users.CreateInvite(ctx, in)
	if err != nil {
		return Invite{}, err
	}
	return inviteJSON(resp.Invite), nil
}

// Invites lists invitations, newest first.
func (h *Handler) Invites(ctx context.Context, req *model.Page) (model.List[Invite], error) {
	page, err := req.Thrift()
	if err != nil {
		return model.List[Invite]{}, err
	}
	resp, err := h.Users.ListInvites(ctx, &user.ListInvitesReq{Page: page})
	if err != nil {
		return model.List[Invite]{}, err
	}
	return model.NewList(resp.Items, inviteJSON, resp.Total, resp.Next), nil
}

// DeleteInvite withdraws an invitation.
func (h *Handler) DeleteInvite(ctx context.Context, req *ByID) (model.Nothing, error) {
	_, err := h.Users.DeleteInvite(ctx, &user.DeleteInviteReq{Id: req.ID, Peer: caller.From(ctx).Peer()})
	return nil, err
}
