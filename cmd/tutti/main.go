// Tutti is a music server: everything in one process on a laptop, or one part per process in a cluster.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/tutti-music/tutti/pkg/conf"
)

// cli is the grammar of the command line.
type cli struct {
	conf.Settings

	ShowVersion kong.VersionFlag `name:"version" env:"-" help:"Print the version."`

	All      allCmd      `cmd:"" default:"1" help:"Run everything in this process (the default)."`
	API      apiCmd      `cmd:"" name:"api" help:"Run a gateway."`
	User     userCmd     `cmd:"" help:"Run the service of accounts and sessions."`
	Services servicesCmd `cmd:"" help:"List who is registered in etcd."`
	ConfigOf configCmd   `cmd:"" name:"config" help:"Print the settings in force; secrets are masked."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

func main() {
	syscall.Umask(0o077) // what we write holds password hashes and addresses of people: nobody else reads it
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C kills
	err := command(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tutti:", err)
		os.Exit(1)
	}
}

// command runs what args say until it is done or ctx ends.
func command(ctx context.Context, args []string, out io.Writer) error {
	var c cli
	k, err := conf.Parse(&c, args, out, kong.Description("A music server."), kong.Vars{"version": versionLine()}, kong.BindTo(ctx, (*context.Context)(nil)),
		kong.BindTo(out, (*io.Writer)(nil)))
	if err != nil {
		return err
	}
	return k.Run(&c.Settings)
}
