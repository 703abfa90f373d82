// Package gate is the near end of the door that people use: kubectl exec reaches a gate container, and from there the
// guest, by frames on a socket of the node agent (docs/contracts.md, "Gate protocol").
package gate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
	"unicode/utf8"

	"bottle.dev/tool/internal/frame"
	"bottle.dev/tool/internal/socket"
)

// Socket is where the node agent listens, seen from the gate container.
const Socket = "/run/bottle/gate/agent.sock"

// failed is what a caller sees when the gate, not the guest's command, failed; the number is docker run's and
// env(1)'s for "the wrapper failed".
const failed = 125

const dialPatience = 10 * time.Second

type openRequest struct {
	Version int      `json:"version"`
	Kind    string   `json:"kind"`
	Command []string `json:"command,omitempty"`
	Logs    bool     `json:"logs,omitempty"`
}

// Run runs a command in the guest and returns its exit code, or 125 with a message when the gate itself failed. Ending
// this process, by whatever signal, ends the command: the connection's end is the agent's signal. At a terminal the
// guest's command gets one too, and without a command the user's login shell runs there.
func Run(command []string) int {
	if AtTerminal() {
		return runTerminal(Socket, command, os.Stdin, os.Stdout, os.Stderr)
	}
	return runAt(Socket, command, os.Stdin, os.Stdout, os.Stderr)
}

func runAt(path string, command []string, stdin io.Reader, stdout, stderr io.Writer) int {
	connection, err := open(path, command)
	if err != nil {
		fmt.Fprintf(stderr, "bottle: %v\n", err)
		return failed
	}
	defer connection.Close()
	go sendInput(frame.NewWriter(connection), stdin)
	code, err := receive(frame.NewReader(connection), stdout, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "bottle: %v\n", err)
		return failed
	}
	return code
}

func open(path string, command []string) (*net.UnixConn, error) {
	if len(command) == 0 {
		return nil, errors.New("name a command to run in the guest, for example: bottle id")
	}
	for _, word := range command {
		// JSON carries text; the encoder would change other bytes without a word.
		if !utf8.ValidString(word) {
			return nil, fmt.Errorf("the argument %q is not UTF-8; send such bytes on standard input", word)
		}
	}
	request, err := json.Marshal(openRequest{Version: 1, Kind: "exec", Command: command})
	if err != nil {
		return nil, err
	}
	if len(request) > frame.MaxPayload {
		return nil, fmt.Errorf("the command has %d bytes, at most %d are carried; send the rest on standard input", len(request), frame.MaxPayload)
	}
	connection, err := socket.Dial(path, dialPatience)
	if err != nil {
		return nil, fmt.Errorf("the node agent does not answer (%w); look at the Bottle's AgentReachable condition", err)
	}
	if err := frame.NewWriter(connection).Write(frame.Open, request); err != nil {
		_ = connection.Close()
		return nil, fmt.Errorf("the command cannot be sent: %w", err)
	}
	return connection, nil
}

// sendInput stops when the agent takes no more; whether that matters is the exit frame's to say.
func sendInput(writer *frame.Writer, stdin io.Reader) {
	buffer := make([]byte, 32*1024)
	for {
		n, err := stdin.Read(buffer)
		if n > 0 && writer.Write(frame.Stdin, buffer[:n]) != nil {
			return
		}
		if err != nil {
			_ = writer.Write(frame.StdinEnd, nil)
			return
		}
	}
}

// receive writes the command's output until its exit code comes. An error means that the code is not known.
func receive(reader *frame.Reader, stdout, stderr io.Writer) (int, error) {
	for {
		kind, payload, err := reader.Read()
		if err != nil {
			return 0, fmt.Errorf("the node agent ended the connection (%w); the command's outcome is unknown", err)
		}
		switch kind {
		case frame.Stdout:
			_, err = stdout.Write(payload)
		case frame.Stderr:
			_, err = stderr.Write(payload)
		case frame.Exit:
			return exitCode(payload)
		case frame.Error:
			return 0, refusal(payload)
		default:
			return 0, fmt.Errorf("the node agent sent an unknown frame %#x; client and agent are of different versions", kind)
		}
		if err != nil {
			return 0, err
		}
	}
}

// exitCode never takes a malformed frame for success, nor a code that the kernel would cut to 0.
func exitCode(payload []byte) (int, error) {
	var exit struct {
		Code *int `json:"code"`
	}
	if err := json.Unmarshal(payload, &exit); err != nil {
		return 0, fmt.Errorf("the node agent's exit frame: %w", err)
	}
	if exit.Code == nil || *exit.Code < 0 || *exit.Code > 255 {
		return 0, fmt.Errorf("the node agent's exit frame has no usable code: %.100q", payload)
	}
	return *exit.Code, nil
}

func refusal(payload []byte) error {
	var problem struct {
		Reason  string `json:"reason"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(payload, &problem); err != nil {
		return fmt.Errorf("the node agent's error frame: %w", err)
	}
	if problem.Message == "" {
		return fmt.Errorf("refused by the node agent: %s", problem.Reason)
	}
	return errors.New(problem.Message)
}
