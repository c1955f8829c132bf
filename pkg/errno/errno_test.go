package errno_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cloudwego/kitex/pkg/kerrors"

	"github.com/tutti-music/tutti/pkg/errno"
)

func TestACauseDoesNotChangeTheMeaning(t *testing.T) {
	cause := errors.New("UNIQUE constraint failed")
	err := fmt.Errorf("register: %w", errno.NameTaken.In("name").Because(cause))

	if !errors.Is(err, errno.NameTaken) {
		t.Error("a wrapped NameTaken is no longer NameTaken")
	}
	if errors.Is(err, errno.WrongPassword) {
		t.Error("NameTaken is taken for WrongPassword")
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	if errors.Is(errno.From(err).Public(), cause) {
		t.Error("the public form still holds the cause")
	}
	if errno.NameTaken.Field() != "" {
		t.Error("In changed the vocabulary itself")
	}
}

func TestAnErrorIsTheSameOnTheOtherSideOfACall(t *testing.T) {
	sent := errno.TooMany.In("name").After(1500 * time.Millisecond)
	arrived := errno.From(kerrors.NewBizStatusErrorWithExtra(sent.BizStatusCode(), sent.BizMessage(), sent.BizExtra()))

	if !errors.Is(arrived, errno.TooMany) || arrived.Field() != "name" || arrived.RetryAfter() != 1500*time.Millisecond {
		t.Errorf("sent %v, arrived %v in %q after %v", sent, arrived, arrived.Field(), arrived.RetryAfter())
	}
}

func TestWhateverIsUnknownIsInternal(t *testing.T) {
	for _, err := range []error{errors.New("boom"), kerrors.NewBizStatusError(999999, "from the future")} {
		if got := errno.From(err); !errors.Is(got, errno.Internal) || !errors.Is(got, err) {
			t.Errorf("From(%v) = %v", err, got)
		}
	}
	if errno.From(nil) != nil {
		t.Error("no error became one")
	}
}

func TestEveryCodeIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range errno.All() {
		line := fmt.Sprintf("| %d | %d | %s |", e.Code(), e.Status(), e.Message())
		if !strings.Contains(string(doc), line) {
			t.Errorf("docs/api.md lacks the line %q", line)
		}
	}
}
