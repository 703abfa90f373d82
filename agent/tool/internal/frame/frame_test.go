package frame

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

func TestFrameIsTypeLengthPayload(t *testing.T) {
	var wire bytes.Buffer
	if err := NewWriter(&wire).Write(Stdout, []byte("hi")); err != nil {
		t.Fatal(err)
	}
	if want := []byte{0x11, 0, 0, 0, 2, 'h', 'i'}; !bytes.Equal(wire.Bytes(), want) {
		t.Fatalf("got % x", wire.Bytes())
	}
	kind, payload, err := NewReader(&wire).Read()
	if kind != Stdout || string(payload) != "hi" || err != nil {
		t.Fatal(kind, payload, err)
	}
}

func TestFrameAtTheLimitPassesAndOneOverItDoesNot(t *testing.T) {
	var wire bytes.Buffer
	if err := NewWriter(&wire).Write(Stdin, make([]byte, MaxPayload)); err != nil {
		t.Fatal(err)
	}
	if _, payload, err := NewReader(&wire).Read(); len(payload) != MaxPayload || err != nil {
		t.Fatal(len(payload), err)
	}
	if err := NewWriter(&wire).Write(Stdin, make([]byte, MaxPayload+1)); err == nil || wire.Len() != 0 {
		t.Fatal("a frame over the limit was written")
	}
	if _, _, err := NewReader(bytes.NewReader([]byte{Stdin, 0, 1, 0, 1})).Read(); err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("a length over the limit was believed: %v", err)
	}
}

func TestCutFrameIsNotAnEnd(t *testing.T) {
	for _, wire := range [][]byte{{Stdout}, {Stdout, 0, 0}, {Stdout, 0, 0, 0, 2, 'h'}} {
		if _, _, err := NewReader(bytes.NewReader(wire)).Read(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("% x: %v", wire, err)
		}
	}
	if _, _, err := NewReader(bytes.NewReader(nil)).Read(); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}
