package dev.bottle.system.adversarial;

import dev.bottle.crd.control.Denial;
import dev.bottle.system.adversarial.internet.SinkEvent;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What an attack led to.
 *
 * @param answer what the guest was answered
 * @param events what reached a sink
 * @param denials what the node agent was told
 */
record Observation(String answer, List<SinkEvent> events, List<Denial> denials) {
  /** The sinks to which a connection was opened. */
  List<String> dialled() {
    return of(SinkEvent.Kind.Opened).stream().map(SinkEvent::sink).toList();
  }

  /** The names that were asked for. */
  List<String> queries() {
    return of(SinkEvent.Kind.Query).stream().map(SinkEvent::text).distinct().toList();
  }

  /** All bytes of all connections. */
  String arrived() {
    return of(SinkEvent.Kind.Bytes).stream().map(SinkEvent::text).collect(Collectors.joining());
  }

  /** What came after the heads, of requests one a connection. */
  String bodies() {
    return of(SinkEvent.Kind.Bytes).stream()
        .collect(
            Collectors.groupingBy(
                SinkEvent::connection, Collectors.mapping(SinkEvent::text, Collectors.joining())))
        .values()
        .stream()
        .map(text -> text.substring(Math.min(text.length(), text.indexOf("\r\n\r\n") + 4)))
        .collect(Collectors.joining());
  }

  private List<SinkEvent> of(SinkEvent.Kind kind) {
    return events.stream().filter(event -> event.kind() == kind).toList();
  }
}
