package gate

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"bottle.dev/tool/internal/frame"
	"bottle.dev/tool/internal/socket"
)

// Hold is the gate container's main process: it keeps one connection to the node agent, and when kubelet ends the Pod
// it asks the agent to sync and stop the machine, and waits for that. It never gives up before kubelet's grace period
// does: an agent that is just being replaced comes back within it. Meanwhile it prints what the agent tells of the
// machine, so that kubectl logs shows it.
func Hold() int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	story := newStory(os.Stdout)
	defer story.end()
	holder := holder{path: Socket, pause: time.Second, signals: signals, told: story.add}
	return holder.run()
}

// holder is the state that outlives a connection.
type holder struct {
	path        string
	pause       time.Duration
	signals     <-chan os.Signal
	told        func(logLine) // never blocks
	terminating bool
}

func (h *holder) run() int {
	waiting := false
	for {
		connected, stopped := h.once()
		if stopped {
			return 0
		}
		if !connected && !waiting {
			log.Printf("hold: no node agent at %s; trying each %v", h.path, h.pause)
		}
		waiting = !connected
		select {
		case <-h.signals:
			h.terminating = true
		case <-time.After(h.pause):
		}
	}
}

// once lives as long as one connection. It reports whether there was one, and whether the machine is stopped.
func (h *holder) once() (connected, stopped bool) {
	connection, err := socket.Dial(h.path, dialPatience)
	if err != nil {
		return false, false
	}
	defer connection.Close()
	writer := frame.NewWriter(connection)
	request, err := json.Marshal(openRequest{Version: 1, Kind: "hold", Logs: true})
	if err != nil || writer.Write(frame.Open, request) != nil {
		return false, false
	}
	log.Print("hold: connected to the node agent")
	if h.terminating && writer.Write(frame.Terminate, nil) != nil {
		return true, false
	}
	answers := make(chan error, 1)
	go func() { answers <- h.awaitStopped(frame.NewReader(connection)) }()
	for {
		select {
		case <-h.signals:
			if h.terminating {
				continue
			}
			h.terminating = true
			log.Print("hold: the Pod ends; asking the node agent to stop the machine")
			if writer.Write(frame.Terminate, nil) != nil {
				return true, false
			}
		case err := <-answers:
			switch {
			case err != nil:
				log.Printf("hold: disconnected from the node agent: %v", err)
				return true, false
			case h.terminating:
				log.Print("hold: the machine is stopped")
				return true, true
			default:
				// Nobody asked. Ending here would make kubelet restart the container for nothing.
				log.Print("hold: disconnected: the node agent stopped the machine of its own accord")
				return true, false
			}
		}
	}
}

// awaitStopped returns nil for the stopped frame and an error for everything but it and what is told meanwhile.
func (h *holder) awaitStopped(reader *frame.Reader) error {
	for {
		kind, payload, err := reader.Read()
		switch {
		case err != nil:
			return err
		case kind == frame.Log:
			var line logLine
			if err := json.Unmarshal(payload, &line); err != nil {
				return fmt.Errorf("the node agent's log frame: %w", err)
			}
			h.told(line)
		case kind == frame.Stopped:
			return nil
		case kind == frame.Error:
			return refusal(payload)
		default:
			return fmt.Errorf("unexpected frame %#x", kind)
		}
	}
}
