package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/tutti-music/tutti/api"
	"github.com/tutti-music/tutti/pkg/conf"
	"github.com/tutti-music/tutti/pkg/etcd"
	"github.com/tutti-music/tutti/pkg/health"
	"github.com/tutti-music/tutti/pkg/identity"
	"github.com/tutti-music/tutti/pkg/rpc"
	"github.com/tutti-music/tutti/pkg/run"
	"github.com/tutti-music/tutti/pkg/telemetry"
	"github.com/tutti-music/tutti/services/user"
)

// process is what the parts of one process share.
type process struct {
	settings *conf.Settings
	node     *rpc.Node
	checks   *health.Checks
	metrics  *telemetry.Metrics
	started  time.Time
}

func newProcess(s *conf.Settings) (*process, error) {
	level, err := telemetry.ParseLevel(s.LogLevel)
	if err != nil {
		return nil, fmt.Errorf("log-level: %w", err)
	}
	proof, err := identity.Proof(string(s.Secret))
	if err != nil {
		return nil, err
	}
	telemetry.Capture(telemetry.Log(os.Stderr, level, s.LogFormat == "json"))
	return &process{
		settings: s,
		node:     &rpc.Node{Version: version().Version, Zone: s.Zone, Proof: proof},
		checks:   &health.Checks{},
		metrics:  telemetry.NewMetrics(version().Version),
		started:  time.Now(),
	}, nil
}

// run runs the parts between the two that every process has: the private port, and being open for business. The
// process counts as ready when all parts are, and no longer as soon as they begin to stop.
func (p *process) run(ctx context.Context, opened func(), parts ...run.Part) error {
	var all []run.Part
	if p.settings.AdminListen != "" {
		all = append(all, telemetry.Admin(p.settings.AdminListen, p.metrics, p.checks))
	}
	for _, part := range parts {
		all = append(all, p.reported(part))
	}
	all = append(all, run.Part{Name: "open", Run: func(ctx context.Context, ready func()) error {
		p.checks.Ready(true)
		opened()
		ready()
		<-ctx.Done()
		p.checks.Ready(false)
		slog.InfoContext(ctx, "stopping")
		return nil
	}})
	err := run.All(ctx, all...)
	slog.InfoContext(ctx, "stopped")
	return err
}

// tellReady writes to the log that the process can do its work.
func (p *process) tellReady() {
	slog.Info("ready", "version", version().Version, "took_ms", time.Since(p.started).Milliseconds())
}

// reported is the part, with its start told to whoever asks for the health of the process.
func (p *process) reported(part run.Part) run.Part {
	start := part.Run
	part.Run = func(ctx context.Context, ready func()) error {
		p.checks.Starting(part.Name, false)
		return start(ctx, func() {
			p.checks.Starting(part.Name, true)
			ready()
		})
	}
	return part
}

// discovery connects to the etcd of a cluster. It is ready at once, also while etcd is away.
func (p *process) discovery() run.Part {
	return run.Part{Name: "discovery", Run: func(ctx context.Context, ready func()) error {
		client, err := etcd.Dial(p.settings.Etcd)
		if err != nil {
			return err
		}
		defer func() { _ = client.Close() }()
		return p.discover(ctx, client, p.settings.Etcd, ready)
	}}
}

// ownEtcd is the etcd of a process that runs everything.
func (p *process) ownEtcd() run.Part {
	return run.Part{Name: "etcd", Run: func(ctx context.Context, ready func()) error {
		s := p.settings
		server, err := etcd.Start(ctx, etcd.Config{
			Dir: filepath.Join(s.Data, "etcd"), Listen: s.EtcdListen, Socket: socket(s),
		})
		if err != nil {
			return err
		}
		defer server.Close()
		var endpoints []string
		if s.EtcdListen != "" {
			endpoints = []string{server.Addrs()[0].String()}
		}
		return p.discover(ctx, server.Client(), endpoints, ready)
	}}
}

// discover completes the node, which later parts use, and takes care of it until ctx ends.
func (p *process) discover(ctx context.Context, client *clientv3.Client, endpoints []string, ready func()) error {
	d := rpc.NewEtcd(client, filepath.Join(p.settings.Data, "services")) //nolint:contextcheck // Close ends what it starts
	if p.settings.Discovery == "registry-etcd" {
		var err error
		if d, err = rpc.NewRegistryEtcd(endpoints); err != nil { //nolint:contextcheck // as above
			return err
		}
	}
	p.node.Discovery = d
	ready()
	<-ctx.Done()
	return d.Close()
}

// socket is where the etcd of a process that runs everything answers programs on the same machine.
func socket(s *conf.Settings) string { return filepath.Join(s.Data, "etcd", "socket") }

func (p *process) user(listen string) run.Part {
	s := p.settings
	return user.Part(user.Config{
		DB:            s.Database("user"),
		Secret:        string(s.Secret),
		Registration:  user.Registration(s.Registration),
		Registrations: s.RegistrationLimit,
		Server:        rpc.Server{Service: rpc.User, Listen: listen, Advertise: s.Advertise, Weight: s.Weight},
	}, p.node, p.checks)
}

func (p *process) api(listening func(net.Addr)) run.Part {
	s := p.settings
	trusted := make([]netip.Prefix, len(s.TrustedProxies))
	for i, network := range s.TrustedProxies {
		trusted[i] = network.Prefix
	}
	return api.Part(api.Config{
		Listen: s.Listen, Advertise: s.Advertise, Secret: string(s.Secret), TrustedProxies: trusted,
		Version: version(), Listening: listening,
	}, p.node, p.checks, p.metrics)
}

// allCmd runs everything in one process. The gateway calls the services without a network, through the same client and
// the same server middleware as in a cluster.
type allCmd struct{}

// Run starts everything.
func (allCmd) Run(ctx context.Context, s *conf.Settings, out io.Writer) error {
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	if err := s.AllInOne(); err != nil {
		return err
	}
	p, err := newProcess(s)
	if err != nil {
		return err
	}
	p.node.Local = rpc.NewLocal()
	first, listen := p.ownEtcd(), ""
	if len(s.Etcd) > 0 {
		first = p.discovery()
	}
	if len(s.Etcd) > 0 || s.EtcdListen != "" {
		listen = s.RPCListen // others may call our services
	}
	var addr net.Addr
	opened := func() { welcome(out, addr, s, time.Since(p.started)) }
	if s.LogFormat == "json" {
		opened = p.tellReady // nobody reads along
	}
	return p.run(ctx, opened,
		first, p.user(listen), p.api(func(a net.Addr) { addr = a }))
}

// apiCmd runs a gateway.
type apiCmd struct{}

// Run starts the gateway.
func (apiCmd) Run(ctx context.Context, s *conf.Settings) error {
	return alone(ctx, s, false, func(p *process) run.Part { return p.api(nil) })
}

// userCmd runs the user service.
type userCmd struct{}

// Run starts the service.
func (userCmd) Run(ctx context.Context, s *conf.Settings) error {
	return alone(ctx, s, true, func(p *process) run.Part { return p.user(s.RPCListen) })
}

// alone runs one part in a process of its own.
func alone(ctx context.Context, s *conf.Settings, database bool, part func(*process) run.Part) error {
	if err := s.Part(database); err != nil {
		return err
	}
	p, err := newProcess(s)
	if err != nil {
		return err
	}
	return p.run(ctx, p.tellReady, p.discovery(), part(p))
}
