package main

import (
	"fmt"
	"io"
	"net"
	"path/filepath"
	"time"

	"github.com/tutti-music/tutti/pkg/conf"
)

// welcome tells a person where things are and what to try.
func welcome(out io.Writer, addr net.Addr, s *conf.Settings, took time.Duration) {
	data, err := filepath.Abs(s.Data)
	if err != nil {
		data = s.Data
	}
	host, port, _ := net.SplitHostPort(addr.String())
	if ip := net.ParseIP(host); ip != nil && (ip.IsUnspecified() || ip.IsLoopback()) {
		host = "localhost"
	}
	url := "http://" + net.JoinHostPort(host, port)
	_, _ = fmt.Fprintf(out, `
Tutti %s is ready (%.1f s).

  listening on  %s
  the API       %s/api/docs
  data          %s

Open an account; the first one is the administrator's:

  curl -d '{"name":"ada","password":"correct horse"}' %s/api/user/register

Ctrl-C stops it.

`, release, took.Seconds(), url, url, data, url)
}
