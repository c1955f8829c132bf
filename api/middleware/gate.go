package middleware

import (
	"context"
	"strings"

	"github.com/cloudwego/hertz/pkg/app"

	"github.com/tutti-music/tutti/api/caller"
	"github.com/tutti-music/tutti/api/model"
	"github.com/tutti-music/tutti/pkg/errno"
	"github.com/tutti-music/tutti/pkg/identity"
)

// AccessCookie is the cookie with which browsers bring their access token.
const AccessCookie = "tutti_access"

// Gate decides who gets through to a route.
type Gate struct {
	Key     identity.Key
	Revoked *Revoked
}

// SignedIn lets through whoever brings a valid access token; the token travels on to the services.
func (g *Gate) SignedIn(ctx context.Context, c *app.RequestContext) {
	token := token(c)
	id, err := g.Key.Verify(token)
	if err == nil {
		err = g.Revoked.Check(id)
	}
	if err != nil {
		model.Fail(ctx, c, err)
		return
	}
	who := caller.From(ctx)
	who.Identity = id
	c.Next(caller.With(identity.Forward(ctx, token), who))
}

// Admin lets administrators through, behind SignedIn. The services look again.
func (g *Gate) Admin(ctx context.Context, c *app.RequestContext) {
	if caller.From(ctx).Role != identity.Admin {
		model.Fail(ctx, c, errno.AdminsOnly)
		return
	}
	c.Next(ctx)
}

// token returns the access token of the request, or "". A header goes before a cookie.
func token(c *app.RequestContext) string {
	if h := string(c.GetHeader("Authorization")); h != "" {
		scheme, token, _ := strings.Cut(h, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return ""
		}
		return strings.TrimSpace(token)
	}
	return string(c.Cookie(AccessCookie))
}
