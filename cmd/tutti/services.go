package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tutti-music/tutti/pkg/conf"
	"github.com/tutti-music/tutti/pkg/etcd"
	"github.com/tutti-music/tutti/pkg/rpc"
)

// servicesCmd lists who is registered.
type servicesCmd struct {
	Watch bool `env:"-" help:"Go on, and print the list again after each change."`
	JSON  bool `env:"-" name:"json" help:"For machines: one JSON array a line."`
}

// patience is how long etcd may take to answer.
const patience = 5 * time.Second

// Run asks the etcd of the cluster, or that of the process which uses the data folder.
func (c servicesCmd) Run(ctx context.Context, s *conf.Settings, out io.Writer) error {
	where := s.Etcd
	if len(where) == 0 {
		if _, err := os.Stat(socket(s)); err != nil {
			return fmt.Errorf("no Tutti runs on %s: start it, or name its folder with --data or an etcd with --etcd", s.Data)
		}
		where = []string{"unix://" + socket(s)}
	}
	client, err := etcd.Dial(where)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	first, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := rpc.List(first, client)
	if err != nil {
		return fmt.Errorf("no etcd answers at %s: %w", strings.Join(where, ", "), err)
	}
	if !c.Watch {
		return c.print(out, found)
	}
	return rpc.Watch(ctx, client, func(found []rpc.Instance) { _ = c.print(out, found) })
}

func (c servicesCmd) print(out io.Writer, found []rpc.Instance) error {
	if c.JSON {
		return json.NewEncoder(out).Encode(found)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "SERVICE\tADDRESS\tVERSION\tZONE\tWEIGHT\tUP\tID")
	for _, i := range found {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", i.Service, i.Address, i.Version, orDash(i.Zone), i.Weight,
			time.Since(i.Started).Truncate(time.Second), i.ID)
	}
	return w.Flush()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
