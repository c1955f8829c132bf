package conf

import (
	"io"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// Show writes the settings in force as a YAML file that could be used again, but for the secrets, which are masked.
func Show(k *kong.Context, out io.Writer) error {
	doc := yaml.Node{Kind: yaml.MappingNode}
	for _, flag := range k.Model.Flags {
		if flag.Name == "config" || len(flag.Envs) == 0 {
			continue
		}
		var value yaml.Node
		if err := value.Encode(shown(flag.Target.Interface())); err != nil {
			return err
		}
		doc.Content = append(doc.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: flag.Name, HeadComment: flag.Help}, &value)
	}
	return yaml.NewEncoder(out).Encode(&doc)
}

// shown is a value as it may be seen.
func shown(v any) any {
	switch v := v.(type) {
	case Secret:
		return v.String()
	case DSN:
		return v.String()
	case []CIDR:
		texts := make([]string, len(v))
		for i, c := range v {
			texts[i] = c.String()
		}
		return texts
	default:
		return v
	}
}
