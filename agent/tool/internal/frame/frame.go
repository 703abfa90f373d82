// Package frame is the framing of the door that people use (docs/contracts.md, "Gate protocol"): between gate client and
// node agent, and, inside its stream of input, between gate client and the guest's end of a terminal.
package frame

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

// Frame types. Client frames are below 0x10.
const (
	Open      byte = 0x01
	Stdin     byte = 0x02
	StdinEnd  byte = 0x03
	Terminate byte = 0x04
	Resize    byte = 0x05
	Stdout    byte = 0x11
	Stderr    byte = 0x12
	Exit      byte = 0x13
	Error     byte = 0x14
	Stopped   byte = 0x15
	Log       byte = 0x16
)

// MaxPayload is the largest payload of a frame, in bytes.
const MaxPayload = 65536

// Writer writes whole frames; safe for concurrent use.
type Writer struct {
	mutex sync.Mutex
	to    io.Writer
}

// NewWriter returns a Writer to the connection.
func NewWriter(to io.Writer) *Writer { return &Writer{to: to} }

// Write sends one frame.
func (w *Writer) Write(kind byte, payload []byte) error {
	if len(payload) > MaxPayload {
		return fmt.Errorf("a frame of %d bytes is over the limit of %d", len(payload), MaxPayload)
	}
	frame := make([]byte, 5+len(payload))
	frame[0] = kind
	binary.BigEndian.PutUint32(frame[1:5], uint32(len(payload)))
	copy(frame[5:], payload)
	w.mutex.Lock()
	defer w.mutex.Unlock()
	_, err := w.to.Write(frame)
	return err
}

// Reader reads whole frames.
type Reader struct{ from *bufio.Reader }

// NewReader returns a Reader from the connection.
func NewReader(from io.Reader) *Reader { return &Reader{from: bufio.NewReaderSize(from, MaxPayload+5)} }

// Read returns the next frame; io.EOF only between frames.
func (r *Reader) Read() (byte, []byte, error) {
	var header [5]byte
	if _, err := io.ReadFull(r.from, header[:1]); err != nil {
		return 0, nil, err
	}
	if _, err := io.ReadFull(r.from, header[1:]); err != nil {
		return 0, nil, io.ErrUnexpectedEOF
	}
	length := binary.BigEndian.Uint32(header[1:])
	if length > MaxPayload {
		return 0, nil, fmt.Errorf("a frame of %d bytes is over the limit of %d", length, MaxPayload)
	}
	payload := make([]byte, length)
	if _, err := io.ReadFull(r.from, payload); err != nil {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return header[0], payload, nil
}
