// Package tutti holds the rules of the repository as tests.
package tutti

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/tutti-music/tutti"

// rules say who may not import whom, and why. Both sides are prefixes of import paths.
func rules() []struct{ who, whom, why string } {
	return []struct{ who, whom, why string }{
		{"/pkg/", module + "/api", "pkg is below everything"},
		{"/pkg/", module + "/services/", "pkg is below everything"},
		{"/pkg/", module + "/cmd/", "pkg is below everything"},
		{"/pkg/errno", module + "/", "the vocabulary of failure depends on nothing of ours"},
		{"/pkg/run", module + "/", "parts know nothing of what they are parts of"},
		{"/pkg/db", module + "/pkg/rpc", "a database does not call anybody"},
		{"/services/user", module + "/services/music", "services meet over Thrift only"},
		{"/services/music", module + "/services/user", "services meet over Thrift only"},
		{"/services/", module + "/api", "a service does not know its gateway"},
		{"/services/", "github.com/cloudwego/hertz", "a service does not speak HTTP"},
		{"/services/", "go.etcd.io", "discovery is pkg/rpc's business"},
		{"/api", module + "/services/", "the gateway meets services over Thrift only"},
		{"/api", module + "/pkg/db", "the gateway has no database"},
		{"/api", "gorm.io", "the gateway has no database"},
		{"/api", "go.etcd.io", "discovery is pkg/rpc's business"},
		{"/api/handlers/", "github.com/cloudwego/hertz/pkg/app", "handlers return, they do not render"},
		{"/kitex_gen/", module + "/pkg", "generated code knows nothing of ours"},
		{"/", "github.com/kitex-contrib/registry-etcd", "only pkg/rpc configures discovery"},
		{"/", "github.com/getkin/kin-openapi", "only api/contract, for tests, reads the contract with it"},
	}
}

// exempt are the packages that a rule for everybody means to leave out.
func exempt() map[string]string {
	return map[string]string{
		module + "/pkg/rpc":      "github.com/kitex-contrib/registry-etcd",
		module + "/api/contract": "github.com/getkin/kin-openapi",
	}
}

func TestWhoImportsWhom(t *testing.T) {
	for pkg, imports := range imports(t, "./...") {
		for _, rule := range rules() {
			if !strings.HasPrefix(pkg, module+rule.who) || exempt()[pkg] == rule.whom {
				continue
			}
			for _, imp := range imports {
				if strings.HasPrefix(imp, rule.whom) {
					t.Errorf("%s imports %s, but %s", pkg, imp, rule.why)
				}
			}
		}
	}
}

func TestTestToolsStayOutOfTheBinary(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "./cmd/tutti").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		for _, tool := range []string{module + "/api/contract", module + "/pkg/db/dbtest", "github.com/getkin/kin-openapi"} {
			if strings.TrimSpace(line) == tool {
				t.Errorf("the binary contains %s", tool)
			}
		}
	}
}

// imports are the direct imports of each package, without those of its tests.
func imports(t *testing.T, pattern string) map[string][]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, pattern).Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		found[pkg] = strings.Fields(imports)
	}
	return found
}
