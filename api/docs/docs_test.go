package docs

import (
	"encoding/json"
	"fmt"
	"html"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/tutti-music/tutti/api/contract"
)

func TestTheDocsShowEveryRouteAndNothingInline(t *testing.T) {
	document, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	promised, err := contract.Load(document)
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := Page(document)
	if err != nil {
		t.Fatal(err)
	}
	page := string(rendered)
	for path, item := range promised.Paths.Map() {
		for method := range item.Operations() {
			if place := `<article id="` + anchor(method, path) + `">`; strings.Count(page, place) != 1 {
				t.Errorf("%s %s is not on the page once", method, path)
			}
		}
		if !strings.Contains(page, "<code>"+path+"</code>") {
			t.Errorf("%s is not on the page", path)
		}
	}
	for _, text := range []string{"3 to 32 characters", "at most 64 characters", "1 to 1000; default 1", "admin, listener"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not tell the limit %q", text)
		}
	}
	for _, r := range promised.Components.Responses {
		for _, code := range contract.Codes(r.Value) {
			if !strings.Contains(page, fmt.Sprintf("<code>%d</code>", code)) && code/100%1000 != 404 && code/100%1000 != 405 {
				t.Errorf("error %d is not on the page", code)
			}
		}
	}
	for _, m := range regexp.MustCompile(`(?s)<pre><code>(\{.*?)</code></pre>`).FindAllStringSubmatch(page, -1) {
		if !json.Valid([]byte(html.UnescapeString(m[1]))) {
			t.Errorf("an example is not JSON: %s", m[1])
		}
	}
	forbidden := regexp.MustCompile(`(?i)<script|<style|<img|<iframe|\sstyle=|\son[a-z]+=|https?://|(src|href)="//|ZgotmplZ`)
	if found := forbidden.FindString(page); found != "" {
		t.Errorf("the page holds %q, which the browser would refuse", found)
	}
	for _, m := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+m[1]+`"`) {
			t.Errorf("a link leads to #%s, which is not on the page", m[1])
		}
	}
	if found := regexp.MustCompile(`(?i)https?:|url\(|@import`).Find(Style); found != nil {
		t.Errorf("the style sheet loads something: %q", found)
	}
}
