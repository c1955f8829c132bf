package e2e

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// say sends raw bytes to a gateway and waits until it hangs up or is silent.
func say(t *testing.T, gateway, bytes string) {
	t.Helper()
	c, err := net.Dial("tcp", gateway)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, bytes); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(time.Second))
	_, _ = io.Copy(io.Discard, c) // the deadline ends it, unless the gateway does
}

func TestWhateverIsSentTheGatewayLives(t *testing.T) {
	admin := freeAddress(t)
	s := allInOne(t, "--admin-listen", admin)
	for _, request := range []string{
		"G\xffT /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
		strings.Repeat("M", 100_000) + " /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
		"BREW /coffee HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /api/user/me HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\xff\r\nUser-Agent: \xff\r\n\r\n",
		"POST /api/user/login HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n{}",
		"POST /api/user/login HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 2\r\n\r\n{}",
		"\x00\x01\x02\r\n\r\n",
	} {
		say(t, s.gateways[0], request)
		if got := status(s.gateways[0], "/healthz"); got != 200 {
			t.Fatalf("after %.40q: /healthz answers %d", request, got)
		}
	}
	if metrics := get(t, "http://"+admin+"/metrics"); strings.Contains(metrics, "MMM") || strings.Contains(metrics, "BREW") {
		t.Error("a stranger chose what stands in the metrics")
	}
}

func TestWhatCannotBeReadIsNotLogged(t *testing.T) {
	s := allInOne(t)
	const canary = "CANARY-7f3a"
	for _, request := range []string{
		"GET /?t=%s\x00 HTTP/1.1\r\nHost: x\r\nCookie: tutti_access=%s; x=\x01\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\x01\r\nX: %s\r\n\r\n",
		"POST /api/user/login HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n{\"name\":\"ada\",\"password\":\"%s\"}%s",
	} {
		say(t, s.gateways[0], fmt.Sprintf(request, canary, canary))
	}
	if log := s.apis[0].log.String(); strings.Contains(log, "CANARY") || strings.Contains(log, "7f3a") {
		t.Errorf("it is in the log:\n%s", log)
	}
}
