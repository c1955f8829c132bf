package e2e

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestTheReadmesQuickStart types what README says, word for word but for the address.
func TestTheReadmesQuickStart(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```sh\n(.*?)```").FindSubmatch(readme)
	if block == nil {
		t.Fatal("README has no lines to type")
	}
	s := allInOne(t)
	script := strings.ReplaceAll(string(block[1]), "localhost:8889", s.gateways[0])
	cmd := exec.CommandContext(t.Context(), "sh", "-exc", strings.ReplaceAll(script, "curl ", "curl --fail-with-body -sS "))
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	if got := strings.Count(string(out), `"message":"ok"`); got != strings.Count(script, "curl ") {
		t.Errorf("%d answers are ok:\n%s", got, out)
	}
}
