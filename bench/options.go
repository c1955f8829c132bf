//go:build linux

package main

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"
)

// options are what the command line says.
type options struct {
	length time.Duration // of each measurement
	only   []string      // names of rows; none: all
}

// longest keeps a measurement well within the life of the access token it begins with.
const longest = 5 * time.Minute

func parse(args []string) (options, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	seconds := flags.Float64("seconds", 5, "length of each measurement in `seconds`")
	only := flags.String("only", "", "which `rows`, separated by commas: "+strings.Join(rowNames(), ", ")+" (default all)")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("%q: flags only", flags.Arg(0))
	}
	o := options{length: time.Duration(*seconds * float64(time.Second))}
	if o.length <= 0 || o.length > longest {
		return options{}, fmt.Errorf("-seconds: more than 0, at most %.0f", longest.Seconds())
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	for _, name := range o.only {
		if !slices.Contains(rowNames(), name) {
			return options{}, fmt.Errorf("-only: there is no row %q; the rows are %s", name, strings.Join(rowNames(), ", "))
		}
	}
	return o, nil
}

// wants says whether one of the rows is to be measured.
func (o options) wants(rows ...string) bool {
	return len(o.only) == 0 || slices.ContainsFunc(rows, func(r string) bool { return slices.Contains(o.only, r) })
}

// startRow is the table about start and idleness; the other names are those of the stages' rows.
const startRow = "start"

func rowNames() []string {
	var names []string
	for _, s := range stages() {
		names = append(names, s.rows...)
	}
	return append(names, startRow)
}
