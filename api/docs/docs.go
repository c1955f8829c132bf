// Package docs renders the contract of the API as one page for people: plain HTML without scripts and without styles of
// its own.
package docs

import (
	"bytes"
	_ "embed" // the page and its style
	"fmt"
	html "html/template"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tutti-music/tutti/pkg/errno"
)

//go:embed page.html
var template string

// Style is the style sheet of the page, served at /api/docs.css.
//
//go:embed style.css
var Style []byte

// Page renders an OpenAPI 3.1 document.
func Page(contract []byte) ([]byte, error) {
	var d document
	if err := yaml.Unmarshal(contract, &d); err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	page, err := html.New("docs").Funcs(html.FuncMap{"prose": prose, "anchor": anchor}).Parse(template)
	if err != nil {
		return nil, fmt.Errorf("page of the contract: %w", err)
	}
	var b bytes.Buffer
	if err := page.Execute(&b, d.page()); err != nil {
		return nil, fmt.Errorf("page of the contract: %w", err)
	}
	return b.Bytes(), nil
}

// view is what the template shows.
type view struct {
	Title, Version, Introduction string
	Groups                       []group
	Shapes                       []shapeView
}

type group struct {
	Name, Description string
	Routes            []routeView
}

type routeView struct {
	Method, Path, Who, Summary, Description string
	Parameters, Body                        []fieldView
	BodyOptional                            bool
	BodyExample                             string
	Answers                                 []answerView
}

// fieldView is a parameter, or a field of a body or of a shape.
type fieldView struct {
	Name, Where, Type, Shape, Limits, Description string
	Required                                      bool
}

type answerView struct {
	Status, Description, Shape, Example string
	Errors                              []*errno.Error
}

// shapeView is an object that answers hold.
type shapeView struct {
	Name, Description string
	Fields            []fieldView
}

func (d *document) page() view {
	p := view{Title: d.Info.Title, Version: d.Info.Version, Introduction: d.Info.Description}
	for _, tag := range d.Tags {
		g := group{Name: tag.Name, Description: tag.Description}
		for _, path := range d.Paths {
			for _, o := range path.Value {
				if slices.Contains(o.Value.Tags, tag.Name) {
					g.Routes = append(g.Routes, d.route(strings.ToUpper(o.Key), path.Key, o.Value))
				}
			}
		}
		p.Groups = append(p.Groups, g)
	}
	for _, s := range d.Components.Schemas {
		if s.Value.Description != "" && len(s.Value.Properties) > 0 { // requests and envelopes describe themselves elsewhere
			s.Value.Required = nil // in answers everything is always there
			p.Shapes = append(p.Shapes, shapeView{s.Key, s.Value.Description, d.fields(s.Value)})
		}
	}
	return p
}

func (d *document) route(method, path string, o operation) routeView {
	r := routeView{Method: method, Path: path, Who: o.Audience, Summary: o.Summary, Description: o.Description}
	for _, p := range o.Parameters {
		if known, ok := d.Components.Parameters[refName(p.Ref)]; ok {
			p = known
		}
		f := d.field(p.Name, p.Schema, p.Required)
		f.Where, f.Description = p.In, p.Description
		r.Parameters = append(r.Parameters, f)
	}
	if body, ok := o.RequestBody.Content["application/json"]; ok {
		s, _ := d.resolve(body.Schema)
		r.Body, r.BodyExample, r.BodyOptional = d.fields(s), example(body.Example), !o.RequestBody.Required
	}
	for _, a := range o.Responses {
		r.Answers = append(r.Answers, d.answer(a.Key, a.Value))
	}
	return r
}

func (d *document) answer(status string, r response) answerView {
	if known, ok := d.Components.Responses[refName(r.Ref)]; ok {
		r = known
	}
	a := answerView{Status: status, Description: r.Description}
	for _, e := range errno.All() {
		if slices.Contains(r.Codes, e.Code()) {
			a.Errors = append(a.Errors, e)
		}
	}
	if body, ok := r.Content["application/json"]; ok && len(r.Codes) == 0 {
		s, name := d.resolve(body.Schema)
		for _, p := range s.Properties {
			if p.Key == "data" {
				_, name = d.resolve(p.Value)
			}
		}
		a.Shape, a.Example = name, example(body.Example)
	}
	return a
}

func (d *document) fields(s schema) []fieldView {
	fields := make([]fieldView, len(s.Properties))
	for i, p := range s.Properties {
		fields[i] = d.field(p.Key, p.Value, slices.Contains(s.Required, p.Key))
	}
	return fields
}

func (d *document) field(name string, s schema, required bool) fieldView {
	s, shape := d.resolve(s)
	f := fieldView{Name: name, Type: s.Type, Limits: limits(s), Description: s.Description, Required: required}
	switch {
	case s.Items != nil:
		_, f.Shape = d.resolve(*s.Items)
		f.Type = "list of"
	case len(s.Properties) > 0:
		f.Type, f.Shape, f.Description = "", shape, ""
	}
	return f
}
