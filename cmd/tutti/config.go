package main

import (
	"io"

	"github.com/alecthomas/kong"

	"github.com/tutti-music/tutti/pkg/conf"
)

// configCmd prints the settings in force.
type configCmd struct{}

// Run prints a YAML file.
func (configCmd) Run(k *kong.Context, out io.Writer) error { return conf.Show(k, out) }
