package conf

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// envPrefix begins the names of our settings in the environment.
const envPrefix = "TUTTI"

// Parse reads args, the environment and the YAML file into cli, a kong grammar that embeds Settings. Help goes to out.
// Unknown settings, and values that do not fit, are errors that name the setting.
func Parse(cli any, args []string, out io.Writer, options ...kong.Option) (*kong.Context, error) {
	k, err := kong.New(cli, append(options,
		kong.Name("tutti"), kong.DefaultEnvars(envPrefix), kong.Writers(out, out), kong.Configuration(readFile),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}))...)
	if err != nil {
		return nil, err
	}
	if err := knownEnvironment(k.Model, os.Environ()); err != nil {
		return nil, err
	}
	return k.Parse(args)
}

// file is a YAML file with settings, as kong looks them up.
type file map[string]any

func readFile(r io.Reader) (kong.Resolver, error) {
	var doc yaml.Node
	if err := yaml.NewDecoder(r).Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("config: %w", err)
	}
	f := file{}
	if len(doc.Content) == 0 {
		return f, nil
	}
	if top := doc.Content[0]; top.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("config: line %d is not NAME: VALUE", top.Line)
	}
	if err := doc.Decode(&f); err != nil {
		return nil, fmt.Errorf("config: %s", strings.Join(strings.Fields(err.Error()), " "))
	}
	return f, nil
}

// Validate refuses names that are no settings.
func (f file) Validate(app *kong.Application) error {
	names := flags(app)
	for name := range f {
		if names[name] == nil || name == "config" {
			return fmt.Errorf("config: there is no setting %q", name)
		}
	}
	return nil
}

// Resolve returns what the file says, unless the environment says it too.
func (f file) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, env := range flag.Envs {
		if _, set := os.LookupEnv(env); set {
			return nil, nil //nolint:nilnil // kong's way to say: not from here
		}
	}
	switch v := f[flag.Name].(type) {
	case nil:
		return nil, nil //nolint:nilnil // as above
	case []any:
		texts := make([]any, len(v))
		for i, e := range v {
			texts[i] = fmt.Sprint(e)
		}
		return texts, nil
	case file, map[string]any:
		return nil, fmt.Errorf("%s: is a value, not a group of settings", flag.Name)
	default:
		return fmt.Sprint(v), nil
	}
}

// fromKubernetes are variables that Kubernetes sets in every container for each service it knows: with a service called
// tutti-api they begin like ours.
var fromKubernetes = regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT|PORT_[0-9]+_.*)$`)

// knownEnvironment refuses variables that look like settings and are none.
func knownEnvironment(app *kong.Application, environment []string) error {
	known := map[string]bool{}
	for _, flag := range flags(app) {
		for _, env := range flag.Envs {
			known[env] = true
		}
	}
	for _, line := range environment {
		name, _, _ := strings.Cut(line, "=")
		if strings.HasPrefix(name, envPrefix+"_") && !known[name] && !fromKubernetes.MatchString(name) {
			return fmt.Errorf("%s: there is no such setting", name)
		}
	}
	return nil
}

// flags are all settings by name: those flags that the environment can set too.
func flags(app *kong.Application) map[string]*kong.Flag {
	found := map[string]*kong.Flag{}
	for _, f := range app.Flags {
		if len(f.Envs) > 0 {
			found[f.Name] = f
		}
	}
	return found
}
