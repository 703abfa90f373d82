package gate

import (
	"encoding/json"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Hold is the gate container's main process: it keeps one connection to the node agent, and when kubelet ends the Pod
// it asks the agent to sync and stop the machine, and waits for that. It never gives up before kubelet's grace period
// does: an agent that is just being replaced comes back within it.
func Hold() int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	return holdAt(Socket, signals, time.Second)
}

func holdAt(socket string, signals <-chan os.Signal, pause time.Duration) int {
	terminating := false
	for {
		stopped, asked := holdOnce(socket, signals, terminating)
		if stopped {
			return 0
		}
		terminating = terminating || asked
		if terminating {
			time.Sleep(pause)
			continue
		}
		select {
		case <-signals:
			terminating = true
		case <-time.After(pause):
		}
	}
}

// holdOnce lives as long as one connection. It reports whether the machine is stopped, and whether the end was asked
// for meanwhile.
func holdOnce(socket string, signals <-chan os.Signal, terminating bool) (stopped, asked bool) {
	connection, err := net.DialTimeout("unix", socket, 5*time.Second)
	if err != nil {
		return false, false
	}
	defer connection.Close()
	writer := NewWriter(connection)
	open, err := json.Marshal(openRequest{Version: 1, Kind: "hold"})
	if err != nil || writer.Write(Open, open) != nil {
		return false, false
	}
	log.Print("hold: connected to the node agent")
	frames := make(chan byte)
	done := make(chan struct{})
	defer close(done)
	go func() {
		defer close(frames)
		reader := NewReader(connection)
		for {
			kind, _, err := reader.Read()
			if err != nil {
				return
			}
			select {
			case frames <- kind:
			case <-done:
				return
			}
		}
	}()
	if terminating && writer.Write(Terminate, nil) != nil {
		return false, false
	}
	for {
		select {
		case <-signals:
			asked = true
			log.Print("hold: the Pod ends; asking the node agent to stop the machine")
			if writer.Write(Terminate, nil) != nil {
				return false, asked
			}
		case kind, open := <-frames:
			if !open {
				log.Print("hold: the node agent is gone; trying again")
				return false, asked
			}
			if kind == Stopped {
				log.Print("hold: the machine is stopped")
				return true, asked
			}
		}
	}
}
