package dev.bottle.system.adversarial;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Connections of a guest: what this test sends on one of its own is sent by a program in the guest
 * to the guest's proxy, and back. All of them are in one {@code kubectl exec}, in frames: number of
 * the connection (4 bytes), kind (1), length (4), content.
 */
final class GuestRelay implements AutoCloseable {
  private static final int OPEN = 0;
  private static final int DATA = 1;
  private static final int END = 2;
  private static final int GONE = 3;

  /** Perl, because git brings it into the guest's image. */
  private static final String PROGRAM =
      """
      use strict; use warnings; use IO::Socket::INET; use IO::Select;
      binmode STDIN; binmode STDOUT; $SIG{PIPE} = 'IGNORE';
      my (%socket, %number); my $all = IO::Select->new(\\*STDIN);
      sub take {
        my ($n, $got) = (shift, '');
        while (length $got < $n) { sysread(STDIN, $got, $n - length $got, length $got) or exit 0 }
        return $got;
      }
      sub answer {
        my $frame = pack('NCN', $_[0], $_[1], length $_[2]) . $_[2];
        while (length $frame) { my $n = syswrite STDOUT, $frame; exit 0 unless $n; substr($frame, 0, $n) = '' }
      }
      sub forget {
        my $s = delete $socket{$_[0]} or return;
        $all->remove($s); delete $number{fileno $s}; close $s;
      }
      while (1) {
        for my $from ($all->can_read) {
          if (fileno $from == 0) {
            my ($id, $kind, $n) = unpack 'NCN', take(9);
            my $content = $n ? take($n) : '';
            if ($kind == 0) {
              my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1:8888');
              if ($s) { $socket{$id} = $s; $number{fileno $s} = $id; $all->add($s) } else { answer($id, 3, '') }
            } elsif ($kind == 1 and my $s = $socket{$id}) {
              while (length $content) {
                my $w = syswrite $s, $content;
                if (!$w) { forget($id); answer($id, 3, ''); last }
                substr($content, 0, $w) = '';
              }
            } elsif ($kind == 2 and $socket{$id}) { shutdown $socket{$id}, 1
            } elsif ($kind == 3) { forget($id) }
          } elsif (defined fileno $from) {
            my $id = $number{fileno $from};
            my $n = sysread $from, my $content, 32768;
            if ($n) { answer($id, 1, $content) } else { forget($id); answer($id, defined $n ? 2 : 3, '') }
          }
        }
      }
      """;

  private final Process exec;
  private final ServerSocket server;
  private final DataOutputStream toGuest;
  private final Map<Integer, Socket> connections = new ConcurrentHashMap<>();
  private final AtomicInteger numbers = new AtomicInteger();

  /**
   * Starts the program in the guest.
   *
   * @param door the command that runs its further arguments in the guest
   */
  GuestRelay(ProcessBuilder door) throws IOException {
    List<String> command = new ArrayList<>(door.command());
    command.addAll(List.of("perl", "-e", PROGRAM));
    exec = door.command(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    toGuest = new DataOutputStream(exec.getOutputStream());
    server = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
    Thread.ofVirtual().start(this::read);
  }

  /** The guest's proxy, as it were. */
  InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        int number = numbers.incrementAndGet();
        connections.put(number, socket);
        send(number, OPEN, new byte[0], 0);
        Thread.ofVirtual().start(() -> carry(number, socket));
      } catch (IOException ended) {
        // the end of the listener, or of the program in the guest: then no attack is answered
      }
    }
  }

  private void carry(int number, Socket socket) {
    byte[] buffer = new byte[32 * 1024];
    try {
      for (int read = socket.getInputStream().read(buffer);
          read >= 0;
          read = socket.getInputStream().read(buffer)) {
        send(number, DATA, buffer, read);
      }
      send(number, END, buffer, 0);
    } catch (IOException cut) {
      gone(number);
    }
  }

  private void read() {
    try {
      DataInputStream in = new DataInputStream(exec.getInputStream());
      while (true) {
        int number = in.readInt();
        int kind = in.readUnsignedByte();
        byte[] content = in.readNBytes(in.readInt());
        Socket socket = connections.get(number);
        if (socket != null) {
          deliver(number, socket, kind, content);
        }
      }
    } catch (EOFException ended) {
      connections.keySet().forEach(this::reset);
    } catch (IOException cut) {
      connections.keySet().forEach(this::reset);
    }
  }

  private void deliver(int number, Socket socket, int kind, byte[] content) {
    try {
      switch (kind) {
        case DATA -> socket.getOutputStream().write(content);
        case END -> {
          connections.remove(number);
          socket.shutdownOutput();
        }
        default -> reset(number);
      }
    } catch (IOException closed) {
      gone(number);
    }
  }

  private void gone(int number) {
    reset(number);
    try {
      send(number, GONE, new byte[0], 0);
    } catch (IOException ended) {
      // so is the program
    }
  }

  private void reset(int number) {
    Socket socket = connections.remove(number);
    if (socket != null) {
      try {
        socket.setSoLinger(true, 0);
        socket.close();
      } catch (IOException closed) {
        // it is of no more use
      }
    }
  }

  private void send(int number, int kind, byte[] content, int length) throws IOException {
    synchronized (toGuest) {
      toGuest.writeInt(number);
      toGuest.writeByte(kind);
      toGuest.writeInt(length);
      toGuest.write(content, 0, length);
      toGuest.flush();
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    exec.destroy();
  }
}
