package rpc

import (
	"context"
	"net"
)

// advertise returns the host:port under which others reach a server that listens on bound.
func advertise(ctx context.Context, bound net.Addr, wanted string) (string, error) {
	host, port, err := net.SplitHostPort(bound.String())
	if err != nil {
		return "", err
	}
	if h, p, err := net.SplitHostPort(wanted); err == nil {
		return net.JoinHostPort(h, p), nil
	}
	if wanted != "" {
		return net.JoinHostPort(wanted, port), nil
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = ownAddress(ctx)
	}
	return net.JoinHostPort(host, port), nil
}

// ownAddress is the address of this machine on its default route; without one, its first address; without that, itself.
func ownAddress(ctx context.Context) string {
	var d net.Dialer
	for _, far := range []string{"192.0.2.1:9", "[2001:db8::1]:9"} { // addresses for documentation; UDP sends nothing yet
		c, err := d.DialContext(ctx, "udp", far)
		if err != nil {
			continue
		}
		host, _, err := net.SplitHostPort(c.LocalAddr().String())
		if c.Close() == nil && err == nil {
			return host
		}
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return "127.0.0.1"
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			return n.IP.String()
		}
	}
	return "127.0.0.1"
}
