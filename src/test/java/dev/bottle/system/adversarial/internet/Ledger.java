package dev.bottle.system.adversarial.internet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.util.concurrent.atomic.AtomicInteger;

/** Writes each event as one line, in the order in which they happened. */
final class Ledger {
  private final ObjectMapper json = new ObjectMapper();
  private final PrintStream out;
  private final AtomicInteger connections = new AtomicInteger();

  Ledger(PrintStream out) {
    this.out = out;
  }

  /** The number of a new connection. */
  int opened(String sink) {
    int number = connections.incrementAndGet();
    write(new SinkEvent(SinkEvent.Kind.Opened, sink, number, ""));
    return number;
  }

  void bytes(String sink, int connection, String text) {
    write(new SinkEvent(SinkEvent.Kind.Bytes, sink, connection, text));
  }

  void query(String name) {
    write(new SinkEvent(SinkEvent.Kind.Query, "dns", 0, name));
  }

  private synchronized void write(SinkEvent event) {
    try {
      out.println(json.writeValueAsString(event));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
