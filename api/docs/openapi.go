package docs

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document is what the page needs of the contract (OpenAPI 3.1).
type document struct {
	Info       struct{ Title, Version, Description string }
	Tags       []struct{ Name, Description string }
	Paths      ordered[ordered[operation]]
	Components struct {
		Parameters map[string]parameter
		Responses  map[string]response
		Schemas    ordered[schema]
	}
}

type operation struct {
	Tags                 []string
	Audience             string `yaml:"x-audience"`
	Summary, Description string
	Parameters           []parameter
	RequestBody          struct {
		Required bool
		Content  content
	} `yaml:"requestBody"`
	Responses ordered[response]
}

type parameter struct {
	Ref                   string `yaml:"$ref"`
	Name, In, Description string
	Required              bool
	Schema                schema
}

type response struct {
	Ref         string `yaml:"$ref"`
	Description string
	Codes       []int32 `yaml:"x-codes"`
	Content     content
}

type content map[string]struct {
	Schema  schema
	Example yaml.Node
}

type schema struct {
	Ref              string `yaml:"$ref"`
	Type             string
	Description      string
	Required         []string
	Properties       ordered[schema]
	Items            *schema
	Enum             []string
	Default          any
	Minimum, Maximum *int64
	MinLength        *int64 `yaml:"minLength"`
	MaxLength        *int64 `yaml:"maxLength"`
}

// ordered are the entries of a mapping in the order in which they were written.
type ordered[T any] []entry[T]

type entry[T any] struct {
	Key   string
	Value T
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (o *ordered[T]) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: not a mapping", n.Line)
	}
	for i := 0; i < len(n.Content); i += 2 {
		e := entry[T]{Key: n.Content[i].Value}
		if err := n.Content[i+1].Decode(&e.Value); err != nil {
			return err
		}
		*o = append(*o, e)
	}
	return nil
}

// resolve returns what s stands for, and its name if it has one.
func (d *document) resolve(s schema) (schema, string) {
	name := refName(s.Ref)
	i := slices.IndexFunc(d.Components.Schemas, func(e entry[schema]) bool { return e.Key == name })
	if i < 0 {
		return s, ""
	}
	return d.Components.Schemas[i].Value, name
}

// refName is the last part of a reference: "#/components/schemas/Account" is Account.
func refName(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }
