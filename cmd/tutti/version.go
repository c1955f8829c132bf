package main

import (
	"fmt"
	"io"
	"runtime"

	"github.com/tutti-music/tutti/api"
)

// Which version this is; the linker sets both (see the Makefile).
var (
	release = "dev"     //nolint:gochecknoglobals // the linker can only set globals
	commit  = "unknown" //nolint:gochecknoglobals // as above
)

func version() api.Version { return api.Version{Name: "tutti", Version: release, Commit: commit} }

// versionCmd prints which version this is.
type versionCmd struct{}

// Run prints one line.
func (versionCmd) Run(out io.Writer) error {
	_, err := fmt.Fprintln(out, versionLine())
	return err
}

func versionLine() string {
	return fmt.Sprintf("tutti %s (commit %s, %s, %s/%s)", release, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
