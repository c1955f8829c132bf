package middleware

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/cloudwego/hertz/pkg/app"
)

// address is where a request comes from: the nearest address that is not a trusted proxy's. Each proxy adds the address
// that it was called from at the end of X-Forwarded-For, some on a line of their own, some with a port; what stands
// before the first one that is not trusted may be made up.
func address(c *app.RequestContext, trusted []netip.Prefix) string {
	nearest, ok := parseAddress(c.RemoteAddr().String())
	if !ok {
		return ""
	}
	var hops []string
	for _, line := range c.Request.Header.PeekAll("X-Forwarded-For") {
		hops = append(hops, strings.Split(string(line), ",")...)
	}
	for _, hop := range slices.Backward(hops) {
		if !slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(nearest) }) {
			break
		}
		next, ok := parseAddress(strings.TrimSpace(hop))
		if !ok {
			break
		}
		nearest = next
	}
	return nearest.String()
}

// parseAddress reads 192.0.2.1, 192.0.2.1:80, 2001:db8::1 and [2001:db8::1]:80.
func parseAddress(s string) (netip.Addr, bool) {
	if at, err := netip.ParseAddrPort(s); err == nil {
		return at.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return a.Unmap().WithZone(""), err == nil
}
