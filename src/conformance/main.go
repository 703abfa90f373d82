// The conformance suite: what a caller relies on in smolvm 1.32.2, tried on a smolvm. See README.md.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"dev.bottle/conformance/internal/cases"
	"dev.bottle/conformance/internal/guest"
	"dev.bottle/conformance/internal/suite"
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == guest.Argument {
		os.Exit(guest.Main(os.Args[2:]))
	}
	var target suite.Target
	flag.StringVar(&target.Home, "smolvm", "", "`directory` with smolvm, and lib/ and agent-rootfs/ when it is the real one")
	flag.StringVar(&target.Work, "work", "/tmp/conformance", "scratch `directory`; removed before and after. At most 20 bytes: sockets live below it")
	flag.DurationVar(&target.Patience, "patience", time.Minute, "how long one call may take")
	busybox := flag.String("busybox", "/bin/busybox", "a static busybox, the guest's programs")
	only := flag.String("only", "", "run only groups and cases whose names match this `pattern`")
	tries := flag.Int("tries", 1, "run a group of which a case failed up to `so many` times; a case passed if it did once")
	rest := flag.Bool("rest", false, "leave out the groups whose cases all passed in the report on stdin")
	list := flag.Bool("list", false, "print section and name of each case and end")
	flag.Parse()
	groups := selected(cases.All(), regexp.MustCompile(*only))
	if *rest {
		passed, err := suite.Passed(os.Stdin)
		if err != nil {
			fmt.Fprintln(os.Stderr, "conformance: the report on stdin:", err)
			os.Exit(2)
		}
		groups = slices.DeleteFunc(groups, passed)
	}
	if *list {
		for _, group := range groups {
			for _, c := range group.Cases {
				fmt.Printf("%s\t%s\n", c.Section, c.Name)
			}
		}
		return
	}
	if err := run(target, groups, *tries, *busybox); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func run(target suite.Target, groups []suite.Group, tries int, busybox string) error {
	if _, err := os.Stat(filepath.Join(target.Home, "smolvm")); target.Home == "" || err != nil {
		return fmt.Errorf("--smolvm: no smolvm in '%s'", target.Home)
	}
	if err := suite.Discard(target.Work); err != nil {
		return err
	}
	defer suite.Discard(target.Work)
	target.Rootfs = filepath.Join(target.Work, "rootfs")
	if err := guest.MakeRootfs(target.Rootfs, busybox); err != nil {
		return fmt.Errorf("the guest's root directory: %w", err)
	}
	ran, failed := suite.Run(target, groups, tries, os.Stdout, os.Stderr)
	if failed > 0 {
		return fmt.Errorf("%d of %d cases failed", failed, ran)
	}
	fmt.Fprintf(os.Stderr, "all %d cases passed\n", ran)
	return nil
}

// selected keeps what matches; a group that matches by its own name keeps all of its cases.
func selected(groups []suite.Group, only *regexp.Regexp) (kept []suite.Group) {
	for _, group := range groups {
		if !only.MatchString(group.Name) {
			group.Cases = slices.DeleteFunc(slices.Clone(group.Cases), func(c suite.Case) bool { return !only.MatchString(c.Name) })
		}
		if len(group.Cases) > 0 {
			kept = append(kept, group)
		}
	}
	return kept
}
