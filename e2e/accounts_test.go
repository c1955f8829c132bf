package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tutti-music/tutti/pkg/errno"
)

func TestTheLifeOfAnAccount(t *testing.T) {
	eachForm(t, func(t *testing.T, s *system) {
		first, last := s.gateways[0], s.gateways[len(s.gateways)-1]
		ada := newPerson(t, first, "ada")

		var me struct{ Name, Role string }
		ada.at(last).must("GET", "/api/user/me", nil).into(t, &me)
		if me.Name != "ada" || me.Role != "admin" {
			t.Errorf("me: %+v", me)
		}

		phone := *ada
		phone.signIn(password)
		ada.at(last).must("POST", "/api/user/password", map[string]string{"current_password": password, "new_password": "battery staple"})
		phone.refused("GET", "/api/user/me", nil, errno.SessionEnded)
		ada.must("GET", "/api/user/me", nil)

		spent := ada.refresh
		ada.keep(ada.at(last).must("POST", "/api/user/refresh", map[string]string{"refresh_token": spent}))
		ada.must("GET", "/api/user/me", nil)

		ada.must("POST", "/api/user/logout", nil)
		for _, gateway := range s.gateways {
			ada.at(gateway).refused("GET", "/api/user/me", nil, errno.SessionEnded)
		}
		ada.refused("POST", "/api/user/refresh", map[string]string{"refresh_token": ada.refresh}, errno.SessionEnded)

		ada.signIn("battery staple")
		thief := ada.at(last)
		thief.keep(ada.must("POST", "/api/user/refresh", map[string]string{"refresh_token": ada.refresh}))
		ada.refused("POST", "/api/user/refresh", map[string]string{"refresh_token": ada.refresh}, errno.SessionEnded)
		thief.refused("GET", "/api/user/me", nil, errno.SessionEnded)
	})
}

// refused waits until a call fails with the given code: what is revoked is out everywhere within a second, not at once.
func (p *person) refused(method, path string, body any, want *errno.Error) {
	p.t.Helper()
	within(p.t, 10*time.Second, method+" "+path+" is refused", func() bool {
		a := p.call(method, path, body)
		return a.Code == want.Code() && a.status == want.Status()
	})
}

func TestCookiesSignABrowserIn(t *testing.T) {
	s := allInOne(t)
	ada := newPerson(t, s.gateways[0], "ada")
	login := ada.must("POST", "/api/user/login", map[string]string{"name": "ada", "password": password})
	cookies := cookiesOf(login)
	for name, path := range map[string]string{"tutti_access": "/", "tutti_refresh": "/api/user/refresh"} {
		c := cookies[name]
		if c == nil || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.MaxAge <= 0 || c.Path != path || c.Secure {
			t.Errorf("cookie %s: %s", name, c)
		}
	}
	ask := func(method, path string, header map[string]string) int {
		t.Helper()
		req, err := http.NewRequest(method, "http://"+s.gateways[0]+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cookies {
			req.AddCookie(c)
		}
		for k, v := range header {
			req.Header.Set(k, v)
		}
		resp, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	for _, c := range []struct {
		method, path string
		header       map[string]string
		want         int
	}{
		{"GET", "/api/user/me", nil, 200},
		{"POST", "/api/user/logout", map[string]string{"Origin": "http://evil.example"}, 403},
		{"POST", "/api/user/logout", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"POST", "/api/user/login", map[string]string{"Origin": "null"}, 403},
		{"GET", "/api/user/me", nil, 200},
		{"POST", "/api/user/refresh", map[string]string{"Origin": "http://" + s.gateways[0]}, 200},
		{"POST", "/api/user/logout", map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
	} {
		if got := ask(c.method, c.path, c.header); got != c.want {
			t.Errorf("%s %s with %v: %d, want %d", c.method, c.path, c.header, got, c.want)
		}
	}
}

func cookiesOf(a answer) map[string]*http.Cookie {
	found := map[string]*http.Cookie{}
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		found[c.Name] = c
	}
	return found
}

func TestCookiesStayOnTLSAndGoWithTheSession(t *testing.T) {
	s := allInOne(t)
	newPerson(t, s.gateways[0], "ada")
	bob := newPerson(t, s.gateways[0], "bob")
	req, err := http.NewRequest("POST", "http://"+s.gateways[0]+"/api/user/login", strings.NewReader(`{"name":"bob","password":"`+password+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Forwarded-Proto", "https")
	resp, err := browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	for _, c := range resp.Cookies() {
		if !c.Secure {
			t.Errorf("behind TLS: %s", c)
		}
	}
	for _, end := range []func() answer{
		func() answer { return bob.must("POST", "/api/user/logout", nil) },
		func() answer { bob.signIn(password); return bob.must("DELETE", "/api/user/me", nil) },
	} {
		cookies := cookiesOf(end())
		for _, name := range []string{"tutti_access", "tutti_refresh"} {
			if c := cookies[name]; c == nil || c.Value != "" || !c.Expires.Before(time.Now()) {
				t.Errorf("%s is not taken away: %s", name, c)
			}
		}
	}
}

func TestBadInputIsNamed(t *testing.T) {
	s := allInOne(t)
	ada := newPerson(t, s.gateways[0], "ada")
	long := `{"name":"` + string(make([]byte, 70<<10)) + `"}`
	for _, c := range []struct {
		method, path string
		body         any
		want         *errno.Error
		field        string
	}{
		{"POST", "/api/user/register", `{"name":`, errno.BadJSON, ""},
		{"POST", "/api/user/register", `{"name":"bob"} extra`, errno.BadJSON, ""},
		{"POST", "/api/user/register", `[]`, errno.WrongType, ""},
		{"POST", "/api/user/register", `{"name":7}`, errno.WrongType, "name"},
		{"POST", "/api/user/register", `{"name":"bob","role":"admin"}`, errno.UnknownField, "role"},
		{"POST", "/api/user/register", `{"id":"1"}`, errno.UnknownField, "id"},
		{"POST", "/api/user/register", "{\"name\":\"b\xffb\"}", errno.BadText, ""},
		{"POST", "/api/user/register", `{"name":"bob","password":"a\u0000b"}`, errno.BadText, "password"},
		{"POST", "/api/user/register", long, errno.TooLarge, ""},
		{"POST", "/api/user/register", map[string]string{"name": "ADA", "password": password}, errno.NameTaken, "name"},
		{"POST", "/api/user/register", map[string]string{"name": "bob", "password": "12345678"}, errno.CommonPassword, "password"},
		{"POST", "/api/user/login", `{"name":"ada"}`, errno.Missing, "password"},
		{"POST", "/api/user/login", nil, errno.Missing, "name"},
		{"PATCH", "/api/user/me", `{"role":"listener"}`, errno.UnknownField, "role"},
		{"PATCH", "/api/user/me", `{"email":"nonsense"}`, errno.BadEmail, "email"},
		{"PATCH", "/api/user/me", `{"display_name":"a\u0000b"}`, errno.BadText, "display_name"},
		{"PATCH", "/api/admin/accounts/" + ada.id, `{"email":7}`, errno.WrongType, "email"},
		{"GET", "/api/admin/accounts/" + strings.Repeat("A", 2000), nil, errno.NotFound, ""},
		{"PATCH", "/api/admin/accounts/" + ada.id, `{"role":"emperor"}`, errno.BadRole, "role"},
		{"PATCH", "/api/admin/accounts/" + ada.id, `{"role":"listener"}`, errno.LastAdmin, ""},
		{"DELETE", "/api/user/me", nil, errno.LastAdmin, ""},
		{"GET", "/api/admin/accounts/nobody", nil, errno.NotFound, ""},
		{"GET", "/api/admin/accounts/%00", nil, errno.NotFound, ""},
		{"GET", "/api/admin/accounts/" + ada.id + "%20", nil, errno.NotFound, ""},
		{"GET", "/api/admin/accounts?q=" + strings.Repeat("%25", 2000), nil, errno.OutOfRange, "q"},
		{"GET", "/api/admin/accounts?limit=x", nil, errno.WrongType, "limit"},
		{"GET", "/api/admin/accounts?limit=-1", nil, errno.OutOfRange, "limit"},
		{"GET", "/api/admin/accounts?cursor=%21", nil, errno.BadCursor, "cursor"},
		{"POST", "/api/admin/invites", `{"uses":0}`, errno.BadInviteTerms, "uses"},
		{"POST", "/api/admin/invites", `{"expires_in":9223372036854775807}`, errno.BadInviteTerms, "expires_in"},
		{"GET", "/api/nothing", nil, errno.NoRoute, ""},
		{"PUT", "/api/user/me", nil, errno.WrongMethod, ""},
	} {
		a := ada.call(c.method, c.path, c.body)
		if a.status != c.want.Status() || a.Code != c.want.Code() || a.Field != c.field {
			t.Errorf("%s %s: %d %s, want %d %q in %q", c.method, c.path, a.status, a.raw, c.want.Status(), c.want.Message(), c.field)
		}
	}
	var me struct{ Name, Role string }
	ada.must("GET", "/api/user/me", nil).into(t, &me)
	if me.Role != "admin" {
		t.Errorf("afterwards ada is a %s", me.Role)
	}
}

func TestTooManyFailedSignInsHaveToWait(t *testing.T) {
	eachForm(t, func(t *testing.T, s *system) {
		ada := newPerson(t, s.gateways[0], "ada")
		guess := map[string]string{"name": "ada", "password": "a wrong guess"}
		var last answer
		for i := range 8 { // by turns through every gateway and, behind them, every instance
			last = ada.at(s.gateways[i%len(s.gateways)]).call("POST", "/api/user/login", guess)
		}
		if last.Code != errno.TooMany.Code() || last.header.Get("Retry-After") == "" {
			t.Errorf("the eighth guess: %d %s, Retry-After %q", last.status, last.raw, last.header.Get("Retry-After"))
		}
	})
}
