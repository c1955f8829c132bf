package api

import (
	"net/http"

	"github.com/cloudwego/hertz/pkg/app"

	"github.com/tutti-music/tutti/api/clients"
	"github.com/tutti-music/tutti/api/handlers/user"
	"github.com/tutti-music/tutti/api/model"
)

// Audience says who may call a route.
type Audience string

// The audiences. The zero value is none of them: a route must say whom it is for.
const (
	Anyone   Audience = "anyone"
	SignedIn Audience = "signed in"
	Admin    Audience = "admin"
)

// Route is one address of the gateway.
type Route struct {
	Method, Path string
	Who          Audience
	do           app.HandlerFunc
}

// routes is the whole HTTP surface.
func routes(c *clients.Clients, s *site) []Route {
	const get, post, patch, del = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete
	u := &user.Handler{Users: c.User}
	return []Route{
		{get, "/", Anyone, s.home},
		{get, "/healthz", Anyone, s.alive},
		{get, "/readyz", Anyone, s.ready},
		{get, "/api/version", Anyone, model.JSON(s.version)},
		{get, "/api/docs", Anyone, s.docs},
		{get, "/api/docs.css", Anyone, s.docsStyle},
		{get, "/api/openapi.yaml", Anyone, s.openAPI},

		{post, "/api/user/register", Anyone, model.Created(u.Register)},
		{post, "/api/user/login", Anyone, model.JSON(u.Login)},
		{post, "/api/user/refresh", Anyone, model.JSON(u.Refresh)},
		{post, "/api/user/logout", SignedIn, model.JSON(u.Logout)},
		{get, "/api/user/me", SignedIn, model.JSON(u.Me)},
		{patch, "/api/user/me", SignedIn, model.JSON(u.UpdateMe)},
		{del, "/api/user/me", SignedIn, model.JSON(u.DeleteMe)},
		{post, "/api/user/password", SignedIn, model.JSON(u.ChangePassword)},
		{get, "/api/user/sessions", SignedIn, model.JSON(u.Sessions)},
		{del, "/api/user/sessions/:id", SignedIn, model.JSON(u.RevokeSession)},

		{get, "/api/admin/accounts", Admin, model.JSON(u.List)},
		{post, "/api/admin/accounts", Admin, model.Created(u.Create)},
		{get, "/api/admin/accounts/:id", Admin, model.JSON(u.Account)},
		{patch, "/api/admin/accounts/:id", Admin, model.JSON(u.Update)},
		{del, "/api/admin/accounts/:id", Admin, model.JSON(u.Delete)},
		{post, "/api/admin/accounts/:id/password", Admin, model.JSON(u.SetPassword)},
		{get, "/api/admin/invites", Admin, model.JSON(u.Invites)},
		{post, "/api/admin/invites", Admin, model.Created(u.Invite)},
		{del, "/api/admin/invites/:id", Admin, model.JSON(u.DeleteInvite)},
		{get, "/api/admin/audit", Admin, model.JSON(u.Audit)},
	}
}
