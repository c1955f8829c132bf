package e2e

import (
	"strings"
	"testing"

	"github.com/tutti-music/tutti/pkg/errno"
)

func TestNothingSecretIsLogged(t *testing.T) {
	eachForm(t, func(t *testing.T, s *system) {
		const wrong, replacement = "canary-wrong-guess", "canary-new-password"
		ada := newPerson(t, s.gateways[0], "ada")
		canaries := []string{password, wrong, replacement, secret, ada.access, ada.refresh}
		ada.call("POST", "/api/user/login", map[string]string{"name": "ada", "password": wrong})
		ada.call("POST", "/api/user/register", map[string]string{"name": "ada", "password": password}) // the unique index refuses it
		ada.call("POST", "/api/user/login?p="+wrong, `{"password":"`+wrong+`"`)
		ada.must("POST", "/api/user/password", map[string]string{"current_password": password, "new_password": replacement})
		ada.keep(ada.must("POST", "/api/user/refresh", map[string]string{"refresh_token": ada.refresh}))
		canaries = append(canaries, ada.access, ada.refresh)
		ada.refused("POST", "/api/user/refresh", map[string]string{"refresh_token": canaries[5]}, errno.SessionEnded)

		for _, p := range append(s.users, s.apis...) {
			for _, canary := range canaries {
				if strings.Contains(p.log.String(), canary) {
					t.Errorf("%s logged %q", p.name, canary)
				}
			}
		}
	})
}
