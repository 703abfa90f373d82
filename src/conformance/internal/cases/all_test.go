package cases

import "testing"

// A case is known by its name, on the page, too.
func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, group := range All() {
		for _, c := range group.Cases {
			if seen[c.Name] || c.Section == "" {
				t.Errorf("%q is there twice, or nothing states it", c.Name)
			}
			seen[c.Name] = true
		}
	}
	if len(seen) < 80 {
		t.Errorf("%d cases", len(seen))
	}
}
