package rpc

import (
	"testing"

	"github.com/cloudwego/kitex/pkg/discovery"
)

func TestAnInstanceThatFailedIsNotPickedAgainInTheSameCall(t *testing.T) {
	var all []discovery.Instance
	for _, a := range []string{"a:1", "b:1", "c:1"} {
		all = append(all, discovery.NewInstance("tcp", a, 1, nil))
	}
	pick := func(s *seen) string {
		in := s.pick(all[0], all) // the load balancer is stubborn
		if in == nil {
			return ""
		}
		return in.Address().String()
	}

	var refusing seen
	got := map[string]bool{pick(&refusing): true, pick(&refusing): true, pick(&refusing): true}
	if !got["a:1"] || !got["b:1"] || !got["c:1"] {
		t.Errorf("all refuse, and picked are %v", got)
	}
	if again := pick(&refusing); again != "" {
		t.Errorf("%s refused, and is picked again", again)
	}

	var breaking seen
	first := pick(&breaking)
	breaking.broke()
	second, third := pick(&breaking), pick(&breaking)
	if first == second || first == third || second == third {
		t.Errorf("picked %s, %s, %s", first, second, third)
	}
	if last := pick(&breaking); last != first {
		t.Errorf("the others refuse, and %q is picked instead of %s, whose connection only broke", last, first)
	}
}
