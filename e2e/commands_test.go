package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tutti-music/tutti/pkg/errno"
)

func TestWhatIsWrongWithTheSettingsIsNamedInOneLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tutti.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		what string
		yaml string
		env  []string
		args []string
		says string
	}{
		{"an unknown flag", "", nil, []string{"--colour", "red"}, "--colour"},
		{"an unknown variable", "", []string{"TUTTI_COLOUR=red"}, nil, "TUTTI_COLOUR"},
		{"an unknown key", "colour: red\n", nil, nil, "colour"},
		{"a bad value in the file", "registration: maybe\n", nil, nil, "registration"},
		{"a bad value in the environment", "", []string{"TUTTI_WEIGHT=heavy"}, nil, "weight"},
		{"a bad address", "", nil, []string{"--listen", "8889"}, "listen"},
		{"a bad network", "", nil, []string{"--trusted-proxies", "10.0.0.0/99"}, "trusted-proxies"},
		{"a short secret", "", nil, []string{"--secret", "short"}, "secret"},
		{"no secret in a cluster", "", nil, []string{"user", "--etcd", "127.0.0.1:1", "--db", "sqlite:x"}, "secret"},
		{"no etcd", "", nil, []string{"api", "--secret", secret}, "etcd"},
		{"no database", "", nil, []string{"user", "--secret", secret, "--etcd", "127.0.0.1:1"}, "db"},
		{"a bad database", "", nil, []string{"--db", "root:hunter2@nowhere"}, "db"},
		{"a file that is not there", "", nil, []string{"--config", "/nowhere.yaml"}, "nowhere.yaml"},
	} {
		t.Run(c.what, func(t *testing.T) {
			args := c.args
			if c.yaml != "" {
				write(c.yaml)
				args = append(args, "--config", file)
			}
			out, code := tutti(t, c.env, args...)
			if code == 0 || strings.Count(out, "\n") > 0 || !strings.Contains(out, c.says) {
				t.Errorf("exit code %d:\n%s", code, out)
			}
			if strings.Contains(out, "hunter2") {
				t.Errorf("a password is shown: %s", out)
			}
		})
	}
}

func TestFlagsGoBeforeTheEnvironmentAndThatBeforeTheFile(t *testing.T) {
	dir := t.TempDir()
	file, secretFile := filepath.Join(dir, "tutti.yaml"), filepath.Join(dir, "secret")
	for path, text := range map[string]string{
		file: "listen: file:1\nzone: file\nweight: 7\ntrusted-proxies: [10.0.0.0/8, 192.0.2.1]\n" +
			"db: tutti:hunter2@tcp(db:3306)/{part}\nsecret: file:" + secretFile + "\n",
		secretFile: secret + "\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, code := tutti(t, []string{"TUTTI_LISTEN=env:2", "TUTTI_ZONE=env", "TUTTI_CONFIG=" + file}, "config", "--zone", "flag")
	for _, line := range []string{
		"zone: flag", "listen: env:2", "weight: 7", "- 10.0.0.0/8", "- 192.0.2.1/32",
		"db: tutti:********@tcp(db:3306)/{part}", "secret: '********'",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("%q is not in force (exit code %d):\n%s", line, code, out)
		}
	}
	if strings.Contains(out, "hunter2") || strings.Contains(out, secret) || strings.Contains(out, "version:") {
		t.Errorf("a secret is shown, or what is no setting:\n%s", out)
	}
}

func TestAProcessStopsCleanlyAndStartsAgain(t *testing.T) {
	address, data := freeAddress(t), t.TempDir()
	p := start(t, "tutti", tuttiBinary, "--listen", address, "--data", data)
	ready(t, address)
	newPerson(t, address, "ada")

	if out, code := tutti(t, nil, "--listen", freeAddress(t), "--data", data); code == 0 || !strings.Contains(out, "in use") {
		t.Errorf("a second process on the same data (exit code %d): %s", code, out)
	}
	if out, code := tutti(t, nil, "--listen", address, "--data", t.TempDir()); code == 0 || !strings.Contains(out, address) {
		t.Errorf("a second process on the same port (exit code %d): %s", code, out)
	}
	info, err := os.Stat(filepath.Join(data, "secret"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the secret: %v, %v", info, err)
	}
	out, code := tutti(t, nil, "services", "--data", data)
	if code != 0 || !strings.Contains(out, "tutti.user") || !strings.Contains(out, "tutti.api") {
		t.Errorf("tutti services (exit code %d): %s", code, out)
	}

	if code := p.stop(); code != 0 {
		t.Errorf("SIGTERM: exit code %d", code)
	}
	p.start()
	ready(t, address)
	again := &person{t: t, gateway: address, name: "ada"}
	again.signIn(password)
}

func TestAProcessWithAnotherSecretIsNotLetIn(t *testing.T) {
	s := cluster(t)
	listen := freeAddress(t)
	stranger := start(t, "api", tuttiBinary, "api", "--etcd", s.etcdAddr, "--secret", secret+"x", "--listen", listen, "--data", t.TempDir())
	within(t, time.Minute, "the log says why", func() bool { return strings.Contains(stranger.log.String(), errno.OtherSecret.Message()) })
	if got := status(listen, "/readyz"); got != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %d", got)
	}
	if code := stranger.stop(); code != 0 {
		t.Errorf("SIGTERM: exit code %d", code)
	}
}

func TestWaitingForADatabaseCanBeStopped(t *testing.T) {
	admin := freeAddress(t)
	s := &system{etcdAddr: freeAddress(t)}
	s.startEtcd(t)
	p := s.part(t, "user", "--admin-listen", admin, "--db", "tutti:hunter2@tcp(127.0.0.1:1)/tutti")
	within(t, time.Minute, "it waits", func() bool { return strings.Contains(p.log.String(), "waiting for the database") })
	if report := get(t, "http://"+admin+"/readyz"); !strings.Contains(report, `"user":"starting"`) || !strings.Contains(report, `"user database":"away"`) {
		t.Errorf("/readyz: %s", report)
	}
	if code := p.stop(); code != 0 || s.listed(t)["user"] != nil {
		t.Errorf("exit code %d, listed %v", code, s.listed(t))
	}
	if strings.Contains(p.log.String(), "hunter2") {
		t.Error("the password of the database is logged")
	}
}

func TestThePrivatePort(t *testing.T) {
	admin := freeAddress(t)
	s := allInOne(t, "--admin-listen", admin)
	newPerson(t, s.gateways[0], "ada")
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/debug/pprof/goroutine?debug=1"} {
		if got := status(admin, path); got != http.StatusOK {
			t.Errorf("%s: %d", path, got)
		}
	}
	if got := status(s.gateways[0], "/metrics"); got != http.StatusNotFound {
		t.Errorf("metrics on the public port: %d", got)
	}
}

func TestServicesAreFollowed(t *testing.T) {
	s := cluster(t)
	watch := start(t, "services", tuttiBinary, "services", "--watch", "--json", "--etcd", s.etcdAddr)
	lines := func() []string { return strings.Split(strings.TrimSpace(watch.log.String()), "\n") }
	within(t, time.Minute, "the list is printed", func() bool { return strings.Count(lines()[len(lines())-1], "tutti.user") == 2 })
	s.users[0].stop()
	within(t, time.Minute, "the change is printed", func() bool { return strings.Count(lines()[len(lines())-1], "tutti.user") == 1 })
}
