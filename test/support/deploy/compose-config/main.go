// The part of `docker compose config` that matters without a container engine: the loader of Docker Compose itself reads,
// merges, interpolates and checks the files, and the result is printed as JSON.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

// list collects a flag that may be given more than once.
type list []string

func (l *list) String() string         { return fmt.Sprint(*l) }
func (l *list) Set(value string) error { *l = append(*l, value); return nil }

func main() {
	var files, profiles list
	flag.Var(&files, "f", "a file, read over those before it")
	flag.Var(&profiles, "profile", "a profile to enable")
	flag.Parse()
	if err := run(files, profiles); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(files, profiles []string) error {
	options, err := cli.NewProjectOptions(files,
		cli.WithProfiles(profiles),
		cli.WithoutEnvironmentResolution,
	)
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	text, err := project.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}
