package conf_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tutti-music/tutti/pkg/conf"
)

type cli struct {
	conf.Settings

	All struct{} `cmd:"" default:"1"`
}

func parse(t *testing.T, args ...string) (*conf.Settings, error) {
	t.Helper()
	var c cli
	_, err := conf.Parse(&c, args, io.Discard)
	return &c.Settings, err
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tutti.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPrecedence(t *testing.T) {
	path := file(t, "zone: file\nweight: 3\netcd: [a:1, b:2]\n")
	t.Setenv("TUTTI_ZONE", "environment")
	s, err := parse(t, "--config", path)
	if err != nil || s.Zone != "environment" || s.Weight != 3 || strings.Join(s.Etcd, " ") != "a:1 b:2" {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := parse(t, "--config", path, "--zone", "flag"); err != nil || s.Zone != "flag" {
		t.Errorf("zone %s, %v", s.Zone, err)
	}
	if s, err := parse(t); err != nil || s.Weight != 10 || s.Listen != "localhost:8889" {
		t.Errorf("defaults: %+v, %v", s, err)
	}
}

func TestWhatIsNoSettingIsNamed(t *testing.T) {
	for text, names := range map[string]string{
		"colour: red":        "colour",
		"config: other.yaml": "config",
		"zone: {name: a}":    "zone",
		"weight: heavy":      "weight",
		"zone: a\nzone: b":   "zone",
		"- a list":           "",
	} {
		if _, err := parse(t, "--config", file(t, text)); err == nil || !strings.Contains(err.Error(), names) {
			t.Errorf("%q: %v", text, err)
		}
	}
	t.Setenv("TUTTI_API_SERVICE_HOST", "10.0.0.1") // Kubernetes sets these for a service called tutti-api
	t.Setenv("TUTTI_API_PORT_8889_TCP_ADDR", "10.0.0.1")
	if _, err := parse(t); err != nil {
		t.Errorf("in Kubernetes: %v", err)
	}
	t.Setenv("TUTTI_LISTN", "x")
	if _, err := parse(t); err == nil || !strings.Contains(err.Error(), "TUTTI_LISTN") {
		t.Errorf("a variable with a typo: %v", err)
	}
}

func TestASecretIsNeverShown(t *testing.T) {
	for dsn, shown := range map[conf.DSN]string{
		"root:hunter2@tcp(db:3306)/tutti":   "root:********@tcp(db:3306)/tutti",
		"root:hun@ter:2@tcp(db:3306)/tutti": "root:********@tcp(db:3306)/tutti",
		"sqlite:/var/lib/tutti/user.db":     "sqlite:/var/lib/tutti/user.db",
		"root@tcp(db:3306)/tutti":           "root@tcp(db:3306)/tutti",
	} {
		if dsn.String() != shown {
			t.Errorf("%q is shown as %q", string(dsn), dsn.String())
		}
	}
	if s := conf.Secret("hunter2").String(); strings.Contains(s, "hunter2") {
		t.Errorf("a secret is shown as %s", s)
	}
}

func TestTheAllInOneKeepsItsOwnSecret(t *testing.T) {
	data := t.TempDir()
	var secrets []conf.Secret
	for range 2 {
		s, err := parse(t, "--data", data)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.AllInOne(); err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, s.Secret)
		if want := "sqlite:" + filepath.Join(data, "user.db"); s.Database("user") != want {
			t.Errorf("database %s, want %s", s.Database("user"), want)
		}
	}
	if secrets[0] != secrets[1] || len(secrets[0]) < 32 {
		t.Error("the secret of the second start is another, or short")
	}
}

func TestEverySettingIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	var c cli
	k, err := conf.Parse(&c, nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, flag := range k.Model.Flags {
		if flag.Name != "help" && !strings.Contains(string(doc), "| `"+flag.Name+"` |") {
			t.Errorf("docs/operations.md has no line for %s", flag.Name)
		}
	}
}
