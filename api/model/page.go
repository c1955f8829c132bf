package model

import (
	"github.com/tutti-music/tutti/kitex_gen/user"
	"github.com/tutti-music/tutti/pkg/errno"
)

const (
	defaultPage = 50
	maxPage     = 200
)

// Page is the part of a list that a request asks for.
type Page struct {
	Cursor string `json:"-" query:"cursor"` // "" for the beginning
	Limit  int    `json:"-" query:"limit"`  // 1 to 200; 0 or absent: 50
}

// Thrift returns the page as services want to know it, or errno.OutOfRange. A limit above the greatest one is cut.
func (p Page) Thrift() (*user.Page, error) {
	switch {
	case p.Limit < 0:
		return nil, errno.OutOfRange.In("limit")
	case p.Limit == 0:
		p.Limit = defaultPage
	}
	return &user.Page{Cursor: p.Cursor, Limit: int32(min(p.Limit, maxPage))}, nil
}
