package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tutti-music/tutti/pkg/db/dbtest"
	"github.com/tutti-music/tutti/pkg/rpc"
)

// secret is that of the clusters of the tests.
const secret = "an end-to-end test's secret, which is no secret"

// system is a running Tutti, in whichever form.
type system struct {
	gateways []string // host:port
	users    []*process
	apis     []*process
	etcd     *process
	etcdDir  string
	etcdAddr string
	dsn      string
}

// eachForm runs test on both forms: everything in one process, and a cluster.
func eachForm(t *testing.T, test func(t *testing.T, s *system)) {
	t.Run("all in one", func(t *testing.T) { test(t, allInOne(t)) })
	t.Run("cluster", func(t *testing.T) { test(t, cluster(t)) })
}

// allInOne is one process with SQLite and its own etcd.
func allInOne(t *testing.T, args ...string) *system {
	t.Helper()
	address := freeAddress(t)
	p := start(t, "tutti", append([]string{tuttiBinary, "--listen", address, "--data", t.TempDir(), "--secret", secret,
		"--registration-limit", "0", "--log-level", "debug"}, args...)...)
	ready(t, address)
	return &system{gateways: []string{address}, users: []*process{p}, apis: []*process{p}}
}

// cluster is etcd, two user services on one MariaDB and two gateways, a process each.
func cluster(t *testing.T) *system {
	t.Helper()
	s := &system{etcdAddr: freeAddress(t), dsn: dbtest.MySQL(t)}
	s.startEtcd(t)
	var health []string
	for range 2 {
		admin, listen := freeAddress(t), freeAddress(t)
		s.users = append(s.users, s.part(t, "user", "--admin-listen", admin, "--rpc-listen", listen, "--db", s.dsn))
		health = append(health, admin)
	}
	for range 2 {
		listen := freeAddress(t)
		s.apis = append(s.apis, s.part(t, "api", "--listen", listen))
		s.gateways = append(s.gateways, listen)
	}
	for _, address := range append(health, s.gateways...) {
		ready(t, address)
	}
	return s
}

// part starts one part in a process of its own.
func (s *system) part(t *testing.T, name string, args ...string) *process {
	t.Helper()
	return start(t, name, append([]string{tuttiBinary, name, "--etcd", s.etcdAddr, "--secret", secret, "--data", t.TempDir(),
		"--registration-limit", "0", "--log-level", "debug", "--log-format", "json"}, args...)...)
}

// startEtcd starts the cluster's etcd on an empty folder, always at the same address.
func (s *system) startEtcd(t *testing.T) {
	t.Helper()
	s.etcdDir = t.TempDir()
	url, peer := "http://"+s.etcdAddr, "http://"+freeAddress(t)
	s.etcd = start(t, "etcd", etcdBinary, "--name", "e2e", "--data-dir", filepath.Join(s.etcdDir, "data"), "--log-level", "error",
		"--listen-client-urls", url, "--advertise-client-urls", url,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "e2e="+peer)
	within(t, time.Minute, "etcd answers", func() bool { return status(s.etcdAddr, "/health") == 200 })
}

// wipeEtcd kills etcd and removes everything that it knew.
func (s *system) wipeEtcd(t *testing.T) {
	t.Helper()
	s.etcd.kill()
	if err := os.RemoveAll(s.etcdDir); err != nil {
		t.Fatal(err)
	}
}

// listed is what tutti services prints, by service; nil when etcd does not answer.
func (s *system) listed(t *testing.T) map[string][]rpc.Instance {
	t.Helper()
	out, code := tutti(t, nil, "services", "--json", "--etcd", s.etcdAddr)
	if code != 0 {
		return nil
	}
	var all []rpc.Instance
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	found := map[string][]rpc.Instance{}
	for _, i := range all {
		name := strings.TrimPrefix(i.Service, "tutti.")
		found[name] = append(found[name], i)
	}
	return found
}
