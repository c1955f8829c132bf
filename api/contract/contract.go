// Package contract holds live answers of the gateway against openapi.yaml. It is for tests.
package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/tutti-music/tutti/pkg/errno"
)

// Contract is what openapi.yaml promises.
type Contract struct{ *openapi3.T }

// Load reads the contract.
func Load(document []byte) (Contract, error) {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	return Contract{doc}, err
}

// Judge says what is wrong with an answer that the contract does not promise: its status, its headers, its content
// type, its body or its error code. path is that of the request, or of the route; the query does not matter.
func (c Contract) Judge(method, path string, status int, header http.Header, body []byte) error {
	r, err := c.response(method, path, status)
	if err != nil {
		return err
	}
	for name, h := range r.Headers {
		if err := judgeHeader(name, h.Value, header); err != nil {
			return err
		}
	}
	if len(r.Content) == 0 || method == http.MethodHead {
		if len(body) > 0 {
			return errors.New("there is a body")
		}
		return nil
	}
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return err
	}
	content, ok := r.Content[kind]
	switch {
	case !ok:
		return fmt.Errorf("its content type is %s", kind)
	case kind != "application/json":
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return err
	}
	if err := visit(content.Schema.Value, v); err != nil {
		return err
	}
	return JudgeEnvelope(r, status, header, body)
}

// response returns what the contract says about one status of one route.
func (c Contract) response(method, path string, status int) (*openapi3.Response, error) {
	item := c.Paths.Value(c.route(path))
	if item == nil || item.GetOperation(method) == nil {
		elsewhere := map[int]string{http.StatusNotFound: "NoRoute", http.StatusMethodNotAllowed: "WrongMethod"}[status]
		if r := c.Components.Responses[elsewhere]; r != nil && (item == nil) == (status == http.StatusNotFound) {
			return r.Value, nil
		}
		return nil, errors.New("it does not know the route")
	}
	r := item.GetOperation(method).Responses.Status(status)
	if r == nil {
		return nil, errors.New("it does not know the status")
	}
	return r.Value, nil
}

// judgeHeader looks at all values of one header.
func judgeHeader(name string, h *openapi3.Header, header http.Header) error {
	values := header.Values(name)
	if h.Required && len(values) == 0 {
		return fmt.Errorf("the header %s is missing", name)
	}
	for _, text := range values {
		var v any = text
		if h.Schema.Value.Type.Is("integer") {
			n, err := strconv.Atoi(text)
			if err != nil {
				return fmt.Errorf("header %s: %w", name, err)
			}
			v = json.Number(strconv.Itoa(n))
		}
		if err := visit(h.Schema.Value, v); err != nil {
			return fmt.Errorf("header %s: %w", name, err)
		}
	}
	return nil
}

// JudgeEnvelope looks at what the schema cannot say: an error is one of those of the answer, with its own status and
// message, and the id in the header is the one in the body.
func JudgeEnvelope(r *openapi3.Response, status int, header http.Header, body []byte) error {
	var e struct {
		Code      int32
		Message   string
		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return err
	}
	if e.RequestID != "" && e.RequestID != header.Get("X-Request-Id") {
		return fmt.Errorf("the request id in the header is %q", header.Get("X-Request-Id"))
	}
	listed := Codes(r)
	if len(listed) == 0 && e.Code == 0 {
		return nil
	}
	known := slices.IndexFunc(errno.All(), func(known *errno.Error) bool { return known.Code() == e.Code })
	if known < 0 || !slices.Contains(listed, e.Code) {
		return fmt.Errorf("its codes are %v", listed)
	}
	if of := errno.All()[known]; of.Status() != status || of.Message() != e.Message {
		return fmt.Errorf("code %d has status %d and message %q", of.Code(), of.Status(), of.Message())
	}
	return nil
}

// Codes are the error codes that the contract lists for an answer.
func Codes(r *openapi3.Response) []int32 {
	listed, _ := r.Extensions["x-codes"].([]any)
	all := make([]int32, len(listed))
	for i, v := range listed {
		n, _ := v.(float64)
		all[i] = int32(n)
	}
	return all
}

// visit holds v against s by the rules of JSON Schema 2020-12.
func visit(s *openapi3.Schema, v any) error {
	return s.VisitJSON(v, openapi3.EnableJSONSchema2020(), openapi3.EnableFormatValidation(), openapi3.VisitAsResponse())
}

// route returns the path of the contract that a request's path belongs to, or "".
func (c Contract) route(path string) string {
	path, _, _ = strings.Cut(path, "?")
	asked := strings.Split(path, "/")
	for route := range c.Paths.Map() {
		if slices.EqualFunc(strings.Split(route, "/"), asked, func(r, a string) bool { return r == a || strings.HasPrefix(r, "{") && a != "" }) {
			return route
		}
	}
	return ""
}
