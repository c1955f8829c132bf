package rpc

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/cloudwego/kitex/pkg/discovery"
)

// Instance is one process' entry in etcd.
type Instance struct {
	ID      string    `json:"id"`
	Service string    `json:"service"`
	Address string    `json:"address"` // host:port, or "in-process"
	Version string    `json:"version"`
	Zone    string    `json:"zone"`
	Weight  int       `json:"weight"`
	Started time.Time `json:"started"`
}

// InProcess is the address of a server that only its own process can call.
const InProcess = "in-process"

// Keys and values are those of kitex-contrib/registry-etcd, so that any Kitex program finds our services and we find
// theirs. What they have no place for travels as tags.
const prefix = "kitex/registry-etcd/"

type entry struct {
	Network string            `json:"network"`
	Address string            `json:"address"`
	Weight  int               `json:"weight"`
	Tags    map[string]string `json:"tags"`
}

// The tags.
const (
	tagID      = "id"
	tagVersion = "version"
	tagZone    = "zone"
	tagStarted = "started" // RFC 3339
)

func serviceKey(service string) string { return prefix + service + "/" }

func (in Instance) key() string { return serviceKey(in.Service) + in.Address }

func (in Instance) dialable() bool { return in.Address != InProcess }

func (in Instance) tags() map[string]string {
	return map[string]string{
		tagID:      in.ID,
		tagVersion: in.Version,
		tagZone:    in.Zone,
		tagStarted: in.Started.Format(time.RFC3339),
	}
}

// value is what stands under the key.
func (in Instance) value() (string, error) {
	if in.Service == "" || in.Address == "" || strings.Contains(in.Service, "/") {
		return "", fmt.Errorf("cannot list %q at %q", in.Service, in.Address)
	}
	network := "tcp"
	if !in.dialable() {
		network = InProcess
	}
	b, err := json.Marshal(entry{Network: network, Address: in.Address, Weight: in.Weight, Tags: in.tags()})
	return string(b), err
}

// parse reads an entry, ours or that of another Kitex program. Foreign things below the prefix are not entries.
func parse(key, value string) (Instance, string, bool) {
	service, _, found := strings.Cut(strings.TrimPrefix(key, prefix), "/")
	var e entry
	if !found || json.Unmarshal([]byte(value), &e) != nil || e.Address == "" {
		return Instance{}, "", false
	}
	started, _ := time.Parse(time.RFC3339, e.Tags[tagStarted]) // others do not tell: zero
	if e.Weight <= 0 {
		e.Weight = defaultWeight
	}
	return Instance{
		ID: e.Tags[tagID], Service: service, Address: e.Address, Version: e.Tags[tagVersion], Zone: e.Tags[tagZone],
		Weight: e.Weight, Started: started,
	}, e.Network, true
}

// instances reads all entries, ordered by service, then by start, then by address.
func instances(kvs map[string]string) []Instance {
	list := make([]Instance, 0, len(kvs))
	for k, v := range kvs {
		if in, _, ok := parse(k, v); ok {
			list = append(list, in)
		}
	}
	slices.SortFunc(list, func(a, b Instance) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), a.Started.Compare(b.Started), cmp.Compare(a.Address, b.Address))
	})
	return list
}

// targets reads those entries that can be dialled, in Kitex' form.
func targets(kvs map[string]string) []discovery.Instance {
	var list []discovery.Instance
	for k, v := range kvs {
		in, network, ok := parse(k, v)
		if ok && reachable(network, in.Address) {
			list = append(list, discovery.NewInstance(network, in.Address, in.Weight, in.tags()))
		}
	}
	return list
}

// reachable reports whether an address is one that other processes can dial.
func reachable(network, address string) bool {
	_, _, err := net.SplitHostPort(address)
	return err == nil || network == "unix"
}
