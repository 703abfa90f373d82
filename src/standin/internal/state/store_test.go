package state

import (
	"errors"
	"fmt"
	"sync"
	"testing"
)

func TestParallelUpdatesAllCount(t *testing.T) {
	store, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Create(&Machine{Name: "a"}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := store.Update("a", func(m *Machine) { m.CPUs++ }); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if m, err := store.Load("a"); err != nil || m.CPUs != 20 {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestMachinesHaveUsersOfTheirOwn(t *testing.T) {
	store, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	users := map[int]bool{}
	for i := range 3 {
		m := &Machine{Name: fmt.Sprint("m", i)}
		if err := store.Create(m); err != nil {
			t.Fatal(err)
		}
		users[m.UID] = true
	}
	if len(users) != 3 || users[0] {
		t.Errorf("%v", users)
	}
	if err := store.Create(&Machine{Name: "m1"}); !errors.Is(err, ErrExists) {
		t.Error(err)
	}
	if _, err := store.Load("../m1"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}
