// Package conf reads the settings of a process: flags, environment and one YAML file set the same things with the same
// names, in this order of precedence.
package conf

import (
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/tutti-music/tutti/pkg/db"
	"github.com/tutti-music/tutti/pkg/identity"
)

// Settings are all that can be set, for every kind of process, so that one file can serve a whole cluster. A flag
// --some-name is TUTTI_SOME_NAME in the environment and some-name in the file.
type Settings struct {
	Config kong.ConfigFlag `help:"YAML file with settings." placeholder:"FILE"`

	Listen         string `help:"Where the gateway listens (${default})." default:"localhost:8889" placeholder:"HOST:PORT"`
	AdminListen    string `help:"Where metrics, profiles and health of this process are served. Keep it private. Off unless set." placeholder:"HOST:PORT"`
	RPCListen      string `name:"rpc-listen" help:"Where a service listens for gateways (${default}). Keep it private." default:"localhost:0" placeholder:"HOST:PORT"`
	Advertise      string `help:"What etcd says about where this process is, instead of the address it listens on." placeholder:"HOST[:PORT]"`
	TrustedProxies []CIDR `help:"Networks of proxies that are believed about the address of a client." placeholder:"CIDR"`

	Data   string `help:"Folder for everything that this process keeps on disk (${default})." default:"data" placeholder:"DIR" type:"path"`
	DB     DSN    `name:"db" help:"Database of a service: sqlite:PATH or USER:PASSWORD@tcp(HOST:PORT)/NAME. {part} stands for the name of the service, file:PATH for the content of a file. All in one: SQLite in the data folder." placeholder:"DSN"`
	Secret Secret `help:"Secret of the cluster, the same for all its processes, 32 characters or more, or file:PATH. All in one: made at the first start." placeholder:"TEXT"`

	Etcd       []string `help:"Addresses of etcd. All in one: its own." placeholder:"HOST:PORT"`
	EtcdListen string   `help:"All in one: let other processes join, through the etcd of this one. Keep it private." placeholder:"HOST:PORT"`
	Discovery  string   `help:"How processes find each other in etcd: etcd (ours) or registry-etcd (of kitex-contrib)." enum:"etcd,registry-etcd" default:"etcd"`
	Zone       string   `help:"Where this process runs; shown in the list of services." placeholder:"NAME"`
	Weight     int      `help:"This instance's share of the calls (${default})." default:"10" placeholder:"N"`

	Registration      string `help:"Who may open an account: open, invite or closed. The first account can always be opened." enum:"open,invite,closed" default:"open"`
	RegistrationLimit int    `help:"How many accounts one address may try to open in an hour before it has to wait (${default}); 0: no limit." default:"20" placeholder:"N"`

	LogLevel  string `help:"What is logged: debug, info, warn or error." enum:"debug,info,warn,error" default:"info"`
	LogFormat string `help:"How it is logged: text or json." enum:"text,json" default:"text"`
}

// AllInOne fills in what a process that runs everything provides for itself.
func (s *Settings) AllInOne() error {
	if s.DB == "" {
		s.DB = DSN("sqlite:" + filepath.Join(s.Data, "{part}.db"))
	}
	if s.Secret == "" {
		if len(s.Etcd) > 0 {
			return missing("secret", "the other processes of the cluster have it too")
		}
		made, err := ownSecret(filepath.Join(s.Data, "secret"))
		if err != nil {
			return fmt.Errorf("secret: %w", err)
		}
		if len(made) < identity.MinSecret {
			return fmt.Errorf("secret: the file in %s holds fewer than %d characters", s.Data, identity.MinSecret)
		}
		s.Secret = made
	}
	if s.Discovery == "registry-etcd" && len(s.Etcd) == 0 && s.EtcdListen == "" {
		return fmt.Errorf("discovery: registry-etcd needs an etcd with a port: --etcd or --etcd-listen")
	}
	return s.check()
}

// Part checks what a process that runs one part needs; database says whether the part has one.
func (s *Settings) Part(database bool) error {
	switch {
	case len(s.Etcd) == 0:
		return missing("etcd", "the addresses of etcd")
	case s.Secret == "":
		return missing("secret", "the same for all processes of the cluster")
	case database && s.DB == "":
		return missing("db", "the database of the service")
	}
	return s.check()
}

func (s *Settings) check() error {
	if len(s.Secret) < identity.MinSecret {
		return fmt.Errorf("secret: needs at least %d characters", identity.MinSecret)
	}
	if s.DB != "" {
		if err := db.Check(string(s.DB)); err != nil {
			return fmt.Errorf("db: %w", err)
		}
	}
	if s.Weight < 1 {
		return fmt.Errorf("weight: %d is not a share; the least is 1", s.Weight)
	}
	if s.RegistrationLimit < 0 {
		return fmt.Errorf("registration-limit: %d is negative", s.RegistrationLimit)
	}
	for _, a := range []struct{ name, address string }{
		{"listen", s.Listen}, {"admin-listen", s.AdminListen}, {"rpc-listen", s.RPCListen}, {"etcd-listen", s.EtcdListen},
	} {
		_, port, err := net.SplitHostPort(a.address)
		if _, bad := strconv.ParseUint(port, 10, 16); a.address != "" && (err != nil || bad != nil) {
			return fmt.Errorf("%s: %q is not HOST:PORT", a.name, a.address)
		}
	}
	return nil
}

// Database returns the DSN of one service.
func (s *Settings) Database(part string) string {
	return strings.ReplaceAll(string(s.DB), "{part}", part)
}

func missing(name, what string) error {
	env := "TUTTI_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	return fmt.Errorf("%s: is missing (%s); set --%s, %s or %s in the file", name, what, name, env, name)
}
