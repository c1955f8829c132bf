// Package e2e starts the real binary as child processes, with a real etcd and a real MariaDB, and uses it as people do.
package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tutti-music/tutti/pkg/db/dbtest"
)

// The programs under test, built once for all tests.
var tuttiBinary, etcdBinary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "tutti-e2e-")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	tuttiBinary, etcdBinary = filepath.Join(dir, "tutti"), filepath.Join(dir, "etcd")
	for binary, source := range map[string]string{
		tuttiBinary: "github.com/tutti-music/tutti/cmd/tutti",
		etcdBinary:  "go.etcd.io/etcd/server/v3",
	} {
		out, err := exec.CommandContext(context.Background(), "go", "build", "-o", binary, source).CombinedOutput()
		if err != nil {
			return fail(fmt.Errorf("%w: %s", err, out))
		}
	}
	return dbtest.Run(m)
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}
