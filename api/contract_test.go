package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/tutti-music/tutti/api/clients"
	"github.com/tutti-music/tutti/api/contract"
	"github.com/tutti-music/tutti/pkg/errno"
	"github.com/tutti-music/tutti/pkg/health"
)

// promised is the contract.
func promised(t *testing.T) contract.Contract {
	t.Helper()
	c, err := contract.Load(openAPIDocument)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheContractIsValid(t *testing.T) {
	if err := promised(t).Validate(t.Context(), openapi3.IsOpenAPI31OrLater()); err != nil {
		t.Error(err)
	}
}

func TestTheContractHasEveryRouteAndNoOther(t *testing.T) {
	s, err := newSite(Version{}, &health.Checks{})
	if err != nil {
		t.Fatal(err)
	}
	served := map[string]Audience{}
	for _, r := range routes(&clients.Clients{}, s) {
		served[r.Method+" "+strings.ReplaceAll(r.Path, ":id", "{id}")] = r.Who
	}
	inContract := map[string]Audience{}
	for path, item := range promised(t).Paths.Map() {
		for method, o := range item.Operations() {
			who, _ := o.Extensions["x-audience"].(string)
			inContract[method+" "+path] = Audience(who)
			if open := o.Security != nil && len(*o.Security) == 0; open != (Audience(who) == Anyone) {
				t.Errorf("%s %s is for %q; its security says otherwise", method, path, who)
			}
		}
	}
	if !maps.Equal(served, inContract) {
		t.Errorf("the router has\n%v\nthe contract has\n%v", served, inContract)
	}
}

func TestTheContractRefusesUnknownFieldsEverywhere(t *testing.T) {
	for name, s := range promised(t).Components.Schemas {
		if s.Value.Type.Is("object") && s.Value.AdditionalProperties.Has == nil && s.Value.AdditionalProperties.Schema == nil {
			t.Errorf("%s does not say whether it has other fields", name)
		}
	}
}

func TestTheContractPromisesNothingAboutBodiesThatAreNotRead(t *testing.T) {
	for path, item := range promised(t).Paths.Map() {
		o := item.GetOperation(http.MethodGet)
		if o == nil {
			continue
		}
		if o.Responses.Status(http.StatusRequestEntityTooLarge) != nil {
			t.Errorf("GET %s never answers 413", path)
		}
		if bad := o.Responses.Status(http.StatusBadRequest); bad != nil && slices.Contains(contract.Codes(bad.Value), errno.BadJSON.Code()) {
			t.Errorf("GET %s reads no JSON", path)
		}
	}
}

func TestTheContractListsTheErrorsThatThereAre(t *testing.T) {
	p := promised(t)
	listed := map[int32]bool{}
	for name, r := range p.Components.Responses {
		for _, code := range contract.Codes(r.Value) {
			listed[code] = true
		}
		c := r.Value.Content["application/json"]
		body, err := json.Marshal(c.Example)
		if err != nil {
			t.Fatal(err)
		}
		var e struct{ Code int32 }
		if err := json.Unmarshal(body, &e); err != nil {
			t.Fatal(err)
		}
		header := http.Header{"X-Request-Id": {"01KB2YH4T8Z6V3Q9M5N7P1R0SX"}}
		if err := contract.JudgeEnvelope(r.Value, int(e.Code)/100%1000, header, body); err != nil {
			t.Errorf("example of %s: %v", name, err)
		}
	}
	for _, e := range errno.All() {
		if !listed[e.Code()] {
			t.Errorf("no answer lists %d (%s)", e.Code(), e.Message())
		}
		delete(listed, e.Code())
	}
	for code := range listed {
		t.Errorf("%d is listed but does not exist", code)
	}
}

func TestTheContractTellsRightFromWrongAnswers(t *testing.T) {
	p := promised(t)
	const id = "01KB2YH4T8Z6V3Q9M5N7P1R0SX"
	const account = `{"id":"a","name":"anna","display_name":"","email":"","role":"admin","disabled":false,` +
		`"created_at":"2026-03-01T18:30:00.000Z","updated_at":"2026-03-01T18:30:00.000Z"}`
	ok := `{"code":0,"message":"ok","request_id":"` + id + `","data":` + account + `}`
	ended := `{"code":140102,"message":"The session has ended. Sign in again.","request_id":"` + id + `","data":null}`
	header := func(more ...string) http.Header {
		h := http.Header{"X-Request-Id": {id}, "Content-Type": {"application/json; charset=utf-8"}}
		for i := 0; i < len(more); i += 2 {
			h.Set(more[i], more[i+1])
		}
		return h
	}
	bearer := header("WWW-Authenticate", "Bearer")
	const me, one = "/api/user/me", "/api/admin/accounts/01KB2YH4T8?x=y"

	for _, c := range []struct {
		why, path string
		status    int
		header    http.Header
		body      string
		right     bool
	}{
		{"an account", me, 200, header(), ok, true},
		{"an account, by the path of a request", one, 200, header(), ok, true},
		{"an account, by its path in the contract", "/api/admin/accounts/{id}", 200, header(), ok, true},
		{"an error", me, 401, bearer, ended, true},
		{"no route", "/api/nothing", 404, header(), `{"code":140402,"message":"There is nothing at this address.","request_id":"` + id + `","data":null}`, true},
		{"an unknown route", "/api/nobody", 200, header(), ok, false},
		{"an undocumented status", me, 201, header(), ok, false},
		{"another content type", me, 200, header("Content-Type", "text/plain"), ok, false},
		{"no content type", me, 200, header("Content-Type", ""), ok, false},
		{"no JSON", me, 200, header(), `ok`, false},
		{"a missing field", me, 200, header(), strings.Replace(ok, `"email":"",`, "", 1), false},
		{"an extra field", me, 200, header(), strings.Replace(ok, `"email"`, `"password":"x","email"`, 1), false},
		{"an extra field of the envelope", me, 200, header(), strings.Replace(ok, `"data"`, `"success":true,"data"`, 1), false},
		{"another type", me, 200, header(), strings.Replace(ok, `false`, `0`, 1), false},
		{"a role that there is not", me, 200, header(), strings.Replace(ok, `admin`, `owner`, 1), false},
		{"null for data", me, 200, header(), strings.Replace(ok, account, `null`, 1), false},
		{"seconds for milliseconds", me, 200, header(), strings.Replace(ok, `00.000Z`, `00Z`, 1), false},
		{"an error with status 200", me, 200, header(), ended, false},
		{"data in an error", me, 401, bearer, strings.Replace(ended, `"data":null`, `"data":{}`, 1), false},
		{"an empty field in an error", me, 401, bearer, strings.Replace(ended, `"data"`, `"field":"","data"`, 1), false},
		{"a code of another route", me, 401, bearer, strings.Replace(ended, `140102`, `240101`, 1), false},
		{"another message", me, 401, bearer, strings.Replace(ended, `Sign in again.`, `sql: no rows`, 1), false},
		{"no challenge", me, 401, header(), ended, false},
		{"another request id", me, 200, header("X-Request-Id", "other"), ok, false},
		{"a number that is none", "/api/user/me", 503, header("Retry-After", "soon"),
			`{"code":150301,"message":"A part of the system is away. Try again in a moment.","request_id":"` + id + `","data":null}`, false},
	} {
		err := p.Judge(http.MethodGet, c.path, c.status, c.header, []byte(c.body))
		if (err == nil) != c.right {
			t.Errorf("%s: %v", c.why, err)
		}
	}
}
