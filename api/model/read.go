package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cloudwego/hertz/pkg/app"

	"github.com/tutti-music/tutti/pkg/errno"
)

// maxParameter is the longest value in a path, a query or a cookie, in bytes.
const maxParameter = 1024

// notInID says which characters no id holds.
func notInID(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// MaxBody is the longest body that a JSON route reads, in bytes.
const MaxBody = 64 << 10

// read fills req from the body (json tags), the path (path tags), the query (query tags) and the cookies (cookie
// tags). Fields are strings or ints, in the body also pointers to what may be left out. What does not fit is refused
// with an errno that names the field.
func read(c *app.RequestContext, req any) error {
	if err := readBody(c, req); err != nil {
		return err
	}
	return readFields(c, reflect.ValueOf(req).Elem())
}

func readFields(c *app.RequestContext, v reflect.Value) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		read := readField
		if f.Anonymous {
			read = func(c *app.RequestContext, _ reflect.StructField, v reflect.Value) error { return readFields(c, v) }
		}
		if err := read(c, f, v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

func readBody(c *app.RequestContext, req any) error {
	if c.IsGet() || c.IsHead() {
		return nil // a body means nothing there
	}
	body := c.Request.Body()
	switch {
	case len(body) > MaxBody:
		return errno.TooLarge
	case len(bytes.TrimSpace(body)) == 0:
		return nil
	case !utf8.Valid(body):
		return errno.BadText
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(req); err != nil {
		return jsonError(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errno.BadJSON
	}
	return nil
}

// jsonError names what encoding/json found.
func jsonError(err error) error {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		// The path holds the names of embedded Go types too, which are nobody's business.
		names := slices.DeleteFunc(strings.Split(wrongType.Field, "."), func(n string) bool { return n != strings.ToLower(n) })
		return errno.WrongType.In(strings.Join(names, "."))
	}
	// The package has no type for this one.
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return errno.UnknownField.In(strings.Trim(field, `"`))
	}
	return errno.BadJSON
}

// readField takes one field from the path, the query or a cookie, and looks at text from wherever it came.
func readField(c *app.RequestContext, f reflect.StructField, v reflect.Value) error {
	name, text, given, err := parameter(c, f)
	if err != nil {
		return err
	}
	if given {
		switch v.Kind() { //nolint:exhaustive // the kinds that requests have
		case reflect.String:
			v.SetString(text)
		default:
			n, err := strconv.ParseInt(text, 10, 32)
			if err != nil {
				return errno.WrongType.In(name)
			}
			v.SetInt(n)
		}
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() == reflect.String && (strings.ContainsRune(v.String(), 0) || !utf8.ValidString(v.String())) {
		return errno.BadText.In(name)
	}
	return nil
}

// parameter returns the name of a field and, unless it comes from the body, what the request says.
func parameter(c *app.RequestContext, f reflect.StructField) (name, text string, given bool, err error) {
	if name = f.Tag.Get("path"); name != "" {
		text, given = c.Params.Get(name)
		if len(text) > maxParameter || strings.ContainsFunc(text, notInID) {
			return name, "", false, errno.NotFound // some databases do not mind a blank at the end
		}
		return name, text, given, nil
	}
	if name = f.Tag.Get("query"); name != "" {
		text, given = c.GetQuery(name)
		if len(text) > maxParameter {
			return name, "", false, errno.OutOfRange.In(name)
		}
		return name, text, given, nil
	}
	if name = f.Tag.Get("cookie"); name != "" {
		text = string(c.Cookie(name))
		return name, text, text != "" && len(text) <= maxParameter, nil // a longer one is not ours
	}
	name, _, _ = strings.Cut(f.Tag.Get("json"), ",")
	return name, "", false, nil
}
