package api

import (
	"context"
	_ "embed" // the contract
	"net/http"

	"github.com/cloudwego/hertz/pkg/app"

	"github.com/tutti-music/tutti/api/docs"
	"github.com/tutti-music/tutti/pkg/health"
)

//go:embed openapi.yaml
var openAPIDocument []byte

// site answers for the gateway itself: is it well, which version is it, what can it do.
type site struct {
	runs     Version
	checks   *health.Checks
	docsPage []byte
}

// Version is what runs.
type Version struct {
	Name    string `json:"name"`    // "tutti"
	Version string `json:"version"` // "0.1.0", or "dev"
	Commit  string `json:"commit"`
}

func newSite(v Version, checks *health.Checks) (*site, error) {
	page, err := docs.Page(openAPIDocument)
	return &site{runs: v, checks: checks, docsPage: page}, err
}

func (s *site) version(context.Context, *struct{}) (Version, error) { return s.runs, nil }

// alive says that the process runs; no more.
func (s *site) alive(_ context.Context, c *app.RequestContext) {
	c.JSON(http.StatusOK, map[string]bool{"alive": true})
}

// ready says whether the gateway can do its work.
func (s *site) ready(ctx context.Context, c *app.RequestContext) {
	report, status := s.checks.Run(ctx), http.StatusOK
	if !report.Ready {
		status = http.StatusServiceUnavailable
	}
	c.JSON(status, report)
}

func (s *site) home(_ context.Context, c *app.RequestContext) {
	c.Redirect(http.StatusFound, []byte("/api/docs"))
}

func (s *site) openAPI(_ context.Context, c *app.RequestContext) {
	c.Data(http.StatusOK, "application/yaml; charset=utf-8", openAPIDocument)
}

func (s *site) docs(_ context.Context, c *app.RequestContext) {
	c.Data(http.StatusOK, "text/html; charset=utf-8", s.docsPage)
}

func (s *site) docsStyle(_ context.Context, c *app.RequestContext) {
	c.Data(http.StatusOK, "text/css; charset=utf-8", docs.Style)
}
