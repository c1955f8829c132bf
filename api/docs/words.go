package docs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// limits says in words which values s allows.
func limits(s schema) string {
	var all []string
	add := func(least, most *int64, unit string) {
		switch {
		case most != nil && *most == 1<<31-1: // no more than the size of the number
		case least != nil && most != nil:
			all = append(all, fmt.Sprintf("%d to %d%s", *least, *most, unit))
		case most != nil:
			all = append(all, fmt.Sprintf("at most %d%s", *most, unit))
		}
	}
	add(s.Minimum, s.Maximum, "")
	add(s.MinLength, s.MaxLength, " characters")
	if values := slices.DeleteFunc(slices.Clone(s.Enum), func(v string) bool { return v == "" }); len(values) > 0 {
		all = append(all, strings.Join(values, ", "))
	}
	if s.Default != nil {
		all = append(all, fmt.Sprintf("default %v", s.Default))
	}
	return strings.Join(all, "; ")
}

// example writes a value as JSON, with its fields in the order of the contract.
func example(n yaml.Node) string {
	var plain, indented bytes.Buffer
	writeJSON(&plain, &n)
	if json.Indent(&indented, plain.Bytes(), "", "  ") != nil { // there is none
		return ""
	}
	return indented.String()
}

func writeJSON(b *bytes.Buffer, n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i < len(n.Content); i += 2 {
			b.WriteByte("{,"[min(i, 1)])
			fmt.Fprintf(b, "%q:", n.Content[i].Value)
			writeJSON(b, n.Content[i+1])
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		for i, item := range n.Content {
			b.WriteByte("[,"[min(i, 1)])
			writeJSON(b, item)
		}
		b.WriteByte(']')
	default:
		if n.Tag == "!!str" {
			fmt.Fprintf(b, "%q", n.Value)
		} else {
			b.WriteString(n.Value)
		}
	}
}

// span is a run of text, or of code.
type span struct {
	Text string
	Code bool
}

// prose cuts a description into paragraphs, and those where backticks stand.
func prose(text string) [][]span {
	var paragraphs [][]span
	for p := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		var spans []span
		for i, s := range strings.Split(p, "`") {
			spans = append(spans, span{s, i%2 == 1})
		}
		paragraphs = append(paragraphs, spans)
	}
	return paragraphs
}

// anchor makes the name of a place on the page of what is found there.
func anchor(parts ...string) string {
	words := strings.FieldsFunc(strings.ToLower(strings.Join(parts, "-")), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "-")
}
