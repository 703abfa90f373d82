package guest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Argument selects Main in place of the suite.
const Argument = "guest"

// Main runs one helper in the guest and returns its exit code.
func Main(arguments []string) int {
	var err error
	switch {
	case arguments[0] == "door" && len(arguments) == 3:
		err = door(arguments[1], arguments[2])
	case arguments[0] == "nobody" && len(arguments) == 2:
		err = nobody(arguments[1])
	case arguments[0] == "network" && len(arguments) == 1:
		err = network()
	default:
		err = fmt.Errorf("no helper %v", arguments)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "helper:", err)
		return 1
	}
	return 0
}

// door opens that many connections at once, says a line on each, ends its own direction, and wants
// the answer of Answer to exactly that line.
func door(socket, count string) error {
	connections, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	opened := make(chan error, connections)
	proceed, done := make(chan struct{}), make(chan error, connections)
	for i := range connections {
		go func() {
			conn, err := net.Dial("unix", socket)
			opened <- err
			if err != nil {
				return
			}
			defer conn.Close()
			<-proceed
			done <- ask(conn.(*net.UnixConn), fmt.Sprintf("question %d", i))
		}()
	}
	for range connections {
		if err := <-opened; err != nil {
			return err
		}
	}
	close(proceed)
	for range connections {
		if err := <-done; err != nil {
			return err
		}
	}
	fmt.Println(connections, "answered")
	return nil
}

func ask(conn *net.UnixConn, question string) error {
	if _, err := io.WriteString(conn, question); err != nil {
		return err
	}
	if err := conn.CloseWrite(); err != nil {
		return err
	}
	answer, err := io.ReadAll(conn)
	if err == nil && string(answer) != "answer to "+question {
		err = fmt.Errorf("'%s' to '%s'", answer, question)
	}
	return err
}

// Answer is the host's side of door: it reads to the end of what the guest says, then answers.
func Answer(conn net.Conn) {
	defer conn.Close()
	if question, err := io.ReadAll(conn); err == nil && len(question) > 0 {
		io.Copy(conn, io.MultiReader(strings.NewReader("answer to "), bytes.NewReader(question)))
	}
}

// nobody connects where no host process listens, and says what it sees.
func nobody(socket string) error {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	fmt.Println("connected")
	conn.SetDeadline(time.Now().Add(time.Minute))
	for {
		if _, err = conn.Write([]byte("x")); err != nil {
			break
		}
		if _, err = conn.Read(make([]byte, 1)); err != nil {
			break
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		fmt.Println("ended")
		return nil
	}
	return err
}

// network prints interfaces, routes, and how reaching out fails.
func network() error {
	interfaces, err := net.Interfaces()
	if err != nil {
		return err
	}
	for _, i := range interfaces {
		state := "down"
		if i.Flags&net.FlagUp != 0 {
			state = "up"
		}
		fmt.Println("interface", i.Name, state)
	}
	routes, err := os.ReadFile("/proc/net/route")
	if err != nil {
		return err
	}
	fmt.Println("routes", max(0, strings.Count(string(routes), "\n")-1))
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	// A blocking connect: that it fails at once, and not by a time-out, is in the error.
	err = syscall.Connect(fd, &syscall.SockaddrInet4{Addr: [4]byte{203, 0, 113, 1}, Port: 443})
	fmt.Println("connect:", err)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err = (&net.Resolver{PreferGo: true}).LookupHost(ctx, "example.org")
	fmt.Println("names fail:", err != nil && ctx.Err() == nil)
	return nil
}
