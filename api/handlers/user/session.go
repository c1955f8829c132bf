package user

import (
	"context"

	"github.com/cloudwego/hertz/pkg/protocol"

	"github.com/tutti-music/tutti/api/caller"
	"github.com/tutti-music/tutti/api/middleware"
	"github.com/tutti-music/tutti/api/model"
	"github.com/tutti-music/tutti/kitex_gen/user"
	"github.com/tutti-music/tutti/pkg/errno"
)

// LoginReq is the body of POST /api/user/login.
type LoginReq struct {
	Name     string `json:"name"`
	Password string `json:"password"`
}

// Login opens a session. What is missing is said at once: it is no attempt to guess anything.
func (h *Handler) Login(ctx context.Context, req *LoginReq) (Tokens, error) {
	if req.Name == "" {
		return Tokens{}, errno.Missing.In("name")
	}
	if req.Password == "" {
		return Tokens{}, errno.Missing.In("password")
	}
	resp, err := h.Users.Login(ctx, &user.LoginReq{Name: req.Name, Password: req.Password, Peer: caller.From(ctx).Peer()})
	if err != nil {
		return Tokens{}, err
	}
	return tokensJSON(resp.Tokens), nil
}

// RefreshReq is the body of POST /api/user/refresh. Browsers leave it empty: their token is in the cookie.
type RefreshReq struct {
	RefreshToken string `json:"refresh_token"`
	Cookie       string `json:"-" cookie:"tutti_refresh"`
}

// Refresh exchanges a refresh token, which is then spent, for new tokens.
func (h *Handler) Refresh(ctx context.Context, req *RefreshReq) (Tokens, error) {
	who := caller.From(ctx)
	token := req.RefreshToken
	if token == "" {
		token = req.Cookie
	}
	resp, err := h.Users.Refresh(ctx, &user.RefreshReq{RefreshToken: token, Peer: who.Peer(), Operation: caller.NewOperation()})
	if err != nil {
		return Tokens{}, err
	}
	return tokensJSON(resp.Tokens), nil
}

// Logout ends the session that asks.
func (h *Handler) Logout(ctx context.Context, _ *struct{}) (SignedOut, error) {
	_, err := h.Users.Logout(ctx, &user.LogoutReq{Peer: caller.From(ctx).Peer()})
	return SignedOut{}, err
}

// ChangePasswordReq is the body of POST /api/user/password.
type ChangePasswordReq struct {
	CurrentPassword string `json:"current_password"`
	NewPassword     string `json:"new_password"`
}

// ChangePassword changes the caller's own password and ends the other sessions.
func (h *Handler) ChangePassword(ctx context.Context, req *ChangePasswordReq) (model.Nothing, error) {
	_, err := h.Users.ChangePassword(ctx, &user.ChangePasswordReq{
		CurrentPassword: req.CurrentPassword, NewPassword_: req.NewPassword, Peer: caller.From(ctx).Peer(),
	})
	return nil, err
}

// Session is one signed-in device in JSON.
type Session struct {
	ID        string     `json:"id"`
	Agent     string     `json:"agent"`
	Address   string     `json:"address"`
	Current   bool       `json:"current"` // is it the one that asks?
	CreatedAt model.Time `json:"created_at"`
	UsedAt    model.Time `json:"used_at"`
	ExpiresAt model.Time `json:"expires_at"`
}

// Sessions lists the caller's own, newest first.
func (h *Handler) Sessions(ctx context.Context, req *model.Page) (model.List[Session], error) {
	page, err := req.Thrift()
	if err != nil {
		return model.List[Session]{}, err
	}
	resp, err := h.Users.ListSessions(ctx, &user.ListSessionsReq{Page: page})
	if err != nil {
		return model.List[Session]{}, err
	}
	return model.NewList(resp.Items, func(s *user.Session) Session {
		return Session{
			ID: s.Id, Agent: s.Agent, Address: s.Address, Current: s.Current, CreatedAt: model.Time(s.CreatedAt),
			UsedAt: model.Time(s.UsedAt), ExpiresAt: model.Time(s.ExpiresAt),
		}
	}, resp.Total, resp.Next), nil
}

// RevokeSession ends one of the caller's own sessions.
func (h *Handler) RevokeSession(ctx context.Context, req *ByID) (model.Nothing, error) {
	_, err := h.Users.RevokeSession(ctx, &user.RevokeSessionReq{Id: req.ID, Peer: caller.From(ctx).Peer()})
	return nil, err
}

// Tokens is what a sign-in gives, in JSON and, for browsers, in cookies.
type Tokens struct {
	AccessToken  string  `json:"access_token"`
	ExpiresIn    int64   `json:"expires_in"` // milliseconds
	RefreshToken string  `json:"refresh_token"`
	Account      Account `json:"account"`

	refreshExpiresIn int64 // milliseconds
}

func tokensJSON(t *user.Tokens) Tokens {
	return Tokens{
		AccessToken: t.AccessToken, ExpiresIn: t.ExpiresIn, RefreshToken: t.RefreshToken,
		Account: accountJSON(t.Account), refreshExpiresIn: t.RefreshExpiresIn,
	}
}

const (
	refreshCookie = "tutti_refresh"
	refreshPath   = "/api/user/refresh" // the only route that the refresh token is sent to
)

// Cookies are out of reach for scripts and are not sent on behalf of other sites.
func (t Tokens) Cookies() []*protocol.Cookie {
	return []*protocol.Cookie{
		cookie(middleware.AccessCookie, "/", t.AccessToken, t.ExpiresIn),
		cookie(refreshCookie, refreshPath, t.RefreshToken, t.refreshExpiresIn),
	}
}

// SignedOut is the data of an answer after which the caller is signed out: null, and the cookies are gone.
type SignedOut struct{}

// MarshalJSON writes null.
func (SignedOut) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// Cookies makes browsers forget theirs.
func (SignedOut) Cookies() []*protocol.Cookie {
	return []*protocol.Cookie{
		cookie(middleware.AccessCookie, "/", "", -1),
		cookie(refreshCookie, refreshPath, "", -1),
	}
}

// cookie lasts as long as the token in it; a negative time deletes it.
func cookie(name, path, value string, millis int64) *protocol.Cookie {
	c := &protocol.Cookie{}
	c.SetKey(name)
	c.SetValue(value)
	c.SetPath(path)
	c.SetHTTPOnly(true)
	c.SetSameSite(protocol.CookieSameSiteStrictMode)
	if millis < 0 {
		c.SetExpire(protocol.CookieExpireDelete)
	} else {
		c.SetMaxAge(int(millis / 1000))
	}
	return c
}
