package gate

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// Socket is where the node agent listens, seen from the gate container.
const Socket = "/run/bottle/gate/agent.sock"

// failed is what a caller sees when the gate, not the guest's command, failed; the number is docker run's and
// env(1)'s for "the wrapper failed".
const failed = 125

type openRequest struct {
	Version int      `json:"version"`
	Kind    string   `json:"kind"`
	Command []string `json:"command,omitempty"`
}

// Run runs a command in the guest and returns its exit code, or 125 with a message when the gate itself failed. Ending
// this process ends the command: the connection's end is the agent's signal.
func Run(command []string) int {
	return runAt(Socket, command, os.Stdin, os.Stdout, os.Stderr)
}

func runAt(socket string, command []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(command) == 0 {
		fmt.Fprintln(stderr, "bottle: name a command to run in the guest, for example: bottle id")
		return failed
	}
	connection, err := net.DialTimeout("unix", socket, 10*time.Second)
	if err != nil {
		fmt.Fprintf(stderr, "bottle: the node agent does not answer (%v); look at the Bottle's AgentReachable condition\n", err)
		return failed
	}
	defer connection.Close()
	writer := NewWriter(connection)
	open, err := json.Marshal(openRequest{Version: 1, Kind: "exec", Command: command})
	if err == nil {
		err = writer.Write(Open, open)
	}
	if err != nil {
		fmt.Fprintf(stderr, "bottle: the command cannot be sent: %v\n", err)
		return failed
	}
	go sendInput(writer, stdin)
	return receive(NewReader(connection), stdout, stderr)
}

func sendInput(writer *Writer, stdin io.Reader) {
	buffer := make([]byte, 32*1024)
	for {
		n, err := stdin.Read(buffer)
		if n > 0 && writer.Write(Stdin, buffer[:n]) != nil {
			return
		}
		if err != nil {
			_ = writer.Write(StdinEnd, nil)
			return
		}
	}
}

func receive(reader *Reader, stdout, stderr io.Writer) int {
	for {
		kind, payload, err := reader.Read()
		if err != nil {
			fmt.Fprintf(stderr, "bottle: the node agent ended the connection (%v); the command's outcome is unknown\n", err)
			return failed
		}
		switch kind {
		case Stdout:
			_, err = stdout.Write(payload)
		case Stderr:
			_, err = stderr.Write(payload)
		case Exit:
			var exit struct {
				Code int `json:"code"`
			}
			if err = json.Unmarshal(payload, &exit); err == nil {
				return exit.Code
			}
		case Error:
			var problem struct {
				Reason  string `json:"reason"`
				Message string `json:"message"`
			}
			if err = json.Unmarshal(payload, &problem); err == nil {
				fmt.Fprintf(stderr, "bottle: %s\n", problem.Message)
				return failed
			}
		default:
			err = fmt.Errorf("unknown frame %#x", kind)
		}
		if err != nil {
			fmt.Fprintf(stderr, "bottle: %v\n", err)
			return failed
		}
	}
}
