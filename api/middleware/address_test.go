package middleware

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/common/test/mock"
)

func TestARevocationIsKnownWithinASecondAlsoWhenAnInstanceHangs(t *testing.T) {
	if longest := pollEvery + pollPatience + pollAgain; longest >= time.Second {
		t.Errorf("it takes up to %v, and the time of an answer", longest)
	}
}

// from is a connection from an address.
type from struct {
	*mock.Conn

	addr net.Addr
}

func (f from) RemoteAddr() net.Addr { return f.addr }

func TestWhereARequestComesFrom(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	for _, c := range []struct {
		peer  string
		lines []string
		want  string
	}{
		{"203.0.113.7:80", nil, "203.0.113.7"},
		{"203.0.113.7:80", []string{"198.51.100.1"}, "203.0.113.7"}, // nobody we trust says so
		{"10.0.0.1:80", []string{"198.51.100.1"}, "198.51.100.1"},
		{"10.0.0.1:80", []string{"6.6.6.6, 198.51.100.1"}, "198.51.100.1"},
		{"10.0.0.1:80", []string{"6.6.6.6", "198.51.100.1"}, "198.51.100.1"},
		{"10.0.0.1:80", []string{"6.6.6.6, 198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"10.0.0.1:80", []string{"198.51.100.1:4444"}, "198.51.100.1"},
		{"[2001:db8::1]:80", []string{"[2001:db9::5]:4444"}, "2001:db9::5"},
		{"10.0.0.1:80", []string{"6.6.6.6, nonsense"}, "10.0.0.1"},
		{"10.0.0.1:80", []string{"10.0.0.9"}, "10.0.0.9"},
		{"[::ffff:10.0.0.1]:80", []string{"198.51.100.1"}, "198.51.100.1"},
	} {
		addr := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.peer))
		rc := app.NewContext(0)
		rc.SetConn(from{mock.NewConn(""), addr})
		for _, line := range c.lines {
			rc.Request.Header.Add("X-Forwarded-For", line)
		}
		if got := address(rc, trusted); got != c.want {
			t.Errorf("%s with %v: %s, want %s", c.peer, c.lines, got, c.want)
		}
	}
}
