//go:build linux

package main

import (
	"fmt"
	"io"
	"time"
)

func printHead(out io.Writer) {
	_, _ = fmt.Fprintln(out, "| what | callers | requests/s | p50 ms | p99 ms | errors | CPU ms per request |")
	_, _ = fmt.Fprintln(out, "|---|---:|---:|---:|---:|---:|---:|")
}

func (r row) print(out io.Writer) {
	_, _ = fmt.Fprintf(out, "| %s | %d | %.0f | %.2f | %.2f | %d | %.3f |\n", r.what, r.callers, r.result.perSecond(),
		millis(r.result.percentile(50)), millis(r.result.percentile(99)), r.result.errors, millis(r.cpu))
}

// printRatio prints what the gateway leaves of the direct calls, if both were measured.
func printRatio(out io.Writer, rows []row) {
	perSecond := map[string]map[int]float64{"direct": {}, "gateway": {}}
	for _, r := range rows {
		if of := perSecond[r.name]; of != nil {
			of[r.callers] = r.result.perSecond()
		}
	}
	direct, gateway := perSecond["direct"], perSecond["gateway"]
	if len(direct) == 0 || len(gateway) == 0 {
		return
	}
	_, _ = fmt.Fprint(out, "\n| callers | requests/s through the gateway / direct |\n|---:|---:|\n")
	for _, callers := range concurrencies() {
		_, _ = fmt.Fprintf(out, "| %d | %.2f |\n", callers, gateway[callers]/direct[callers])
	}
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
