package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/tutti-music/tutti/api/contract"
)

// person is somebody with an HTTP client.
type person struct {
	t       *testing.T
	gateway string
	name    string
	access  string
	refresh string
	id      string
}

const password = "plum velvet tuba"

// answer is what came back.
type answer struct {
	status int
	header http.Header
	Code   int32           `json:"code"`
	Field  string          `json:"field"`
	Data   json.RawMessage `json:"data"`
	raw    []byte
}

// into reads the data of an answer.
func (a answer) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(a.Data, v); err != nil {
		t.Fatalf("%v in %s", err, a.raw)
	}
}

// browser is the client that all people share: it keeps connections alive, and no cookies.
var browser = &http.Client{
	Timeout:       20 * time.Second,
	Transport:     &http.Transport{MaxIdleConnsPerHost: 256},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// try makes one call; err is a failure of the network, not of the answer.
func try(gateway, method, path, token string, body any) (answer, error) {
	var payload io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		payload = bytes.NewReader([]byte(b))
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return answer{}, err
		}
		payload = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, "http://"+gateway+path, payload)
	if err != nil {
		return answer{}, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := browser.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if a.raw, err = io.ReadAll(resp.Body); err != nil {
		return a, err
	}
	_ = json.Unmarshal(a.raw, &a) // pages are not JSON
	return a, nil
}

// call makes one call in the person's name and expects an answer that the contract promises.
func (p *person) call(method, path string, body any) answer {
	p.t.Helper()
	a, err := try(p.gateway, method, path, p.access, body)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	if err := promised(p.t).Judge(method, path, a.status, a.header, a.raw); err != nil {
		p.t.Errorf("%s %s answered %d with %q, which the contract does not promise: %v", method, path, a.status, a.raw[:min(len(a.raw), 400)], err)
	}
	return a
}

// promised is the contract of the JSON API.
func promised(t *testing.T) contract.Contract {
	t.Helper()
	c, err := readContract()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// readContract reads the contract once.
var readContract = sync.OnceValues(func() (contract.Contract, error) {
	document, err := os.ReadFile("../api/openapi.yaml")
	if err != nil {
		return contract.Contract{}, err
	}
	return contract.Load(document)
})

// must is call for what has to succeed.
func (p *person) must(method, path string, body any) answer {
	p.t.Helper()
	a := p.call(method, path, body)
	if a.status >= http.StatusBadRequest {
		p.t.Fatalf("%s %s: %d %s", method, path, a.status, a.raw)
	}
	return a
}

// newPerson opens an account and signs in.
func newPerson(t *testing.T, gateway, name string) *person {
	t.Helper()
	p := &person{t: t, gateway: gateway, name: name}
	p.must("POST", "/api/user/register", map[string]string{"name": name, "password": password})
	p.signIn(password)
	return p
}

func (p *person) signIn(password string) {
	p.t.Helper()
	p.keep(p.must("POST", "/api/user/login", map[string]string{"name": p.name, "password": password}))
}

// keep remembers the tokens of a sign-in or a refresh.
func (p *person) keep(a answer) {
	p.t.Helper()
	var tokens struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
		Account      struct{ ID string }
	}
	a.into(p.t, &tokens)
	p.access, p.refresh, p.id = tokens.AccessToken, tokens.RefreshToken, tokens.Account.ID
}

// at is the same person at another gateway.
func (p *person) at(gateway string) *person {
	other := *p
	other.gateway = gateway
	return &other
}
