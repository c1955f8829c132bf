package db

import (
	"encoding/base64"
	"fmt"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/tutti-music/tutti/pkg/errno"
)

// Order is the order of a list: by one unique column, so that a page begins where the one before it ended, also when
// rows come and go between the two.
type Order[T any] struct {
	Column     string // a name from our code, never from a caller
	Descending bool
	Key        func(T) string // the column's value in a row
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	Total int64  // how many the whole list has
	Next  string // the cursor of the next page; "" on the last one
}

// Page returns up to limit rows of q behind the cursor; the cursor "" is the beginning. It fails with errno.BadCursor.
func (o Order[T]) Page(q *gorm.DB, cursor string, limit int) (Page[T], error) {
	var p Page[T]
	q = q.Model(new(T)).Session(&gorm.Session{})
	if err := q.Count(&p.Total).Error; err != nil {
		return p, err
	}
	direction, beyond := "", ">"
	if o.Descending {
		direction, beyond = " DESC", "<"
	}
	if cursor != "" {
		after, err := base64.RawURLEncoding.DecodeString(cursor)
		if err != nil || !utf8.Valid(after) {
			return p, errno.BadCursor.In("cursor")
		}
		q = q.Where(fmt.Sprintf("%s %s ?", o.Column, beyond), string(after))
	}
	if err := q.Order(o.Column + direction).Limit(limit + 1).Find(&p.Items).Error; err != nil {
		return p, err
	}
	if len(p.Items) > limit {
		p.Items = p.Items[:limit]
		p.Next = base64.RawURLEncoding.EncodeToString([]byte(o.Key(p.Items[limit-1])))
	}
	return p, nil
}
