package dev.bottle.system.benchmark;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What egress keeps in memory: after its start, after many requests, with many tunnels. */
final class Memory {
  private static final double TARGET = 80;
  private static final double MEGA = 1e6;

  /** Connections that share the requests. */
  private static final int PARALLEL = 8;

  private final Load load;
  private final Amounts amounts;
  private final EgressDaemon daemon;

  Memory(Load load, Amounts amounts, EgressDaemon daemon) {
    this.load = load;
    this.amounts = amounts;
    this.daemon = daemon;
  }

  /** Starts an egress of its own for it. */
  List<Figure> measure() throws IOException {
    try (Subject subject = daemon.subject(Suite.EGRESS)) {
      Program program = Objects.requireNonNull(subject.program());
      List<Figure> figures = new ArrayList<>();
      figures.add(figure("memory after the start", program));
      Way way = subject.way();
      SslContext tls = Load.tls(way);
      load.requests(way, tls, PARALLEL, amounts.endurance() / 10);
      figures.add(figure("memory after %,d requests".formatted(amounts.endurance() / 10), program));
      load.requests(way, tls, PARALLEL, amounts.endurance());
      figures.add(figure("memory after %,d more requests".formatted(amounts.endurance()), program));
      List<Channel> tunnels = new ArrayList<>();
      try {
        while (tunnels.size() < amounts.tunnels()) {
          Channel tunnel = load.open(way, tls);
          load.small(tunnel, way, 1, Load.histogram());
          tunnels.add(tunnel);
        }
      } catch (IOException full) {
        // it says so by the number below
      }
      figures.add(
          figure(
              "memory with %,d idle tunnels, each used once".formatted(tunnels.size()), program));
      tunnels.forEach(tunnel -> tunnel.close().awaitUninterruptibly());
      figures.add(figure("memory after they are closed", program));
      return figures;
    }
  }

  private static Figure figure(String what, Program program) throws IOException {
    return Figure.most(what, "MB", TARGET).with(Suite.EGRESS, program.resident() / MEGA);
  }
}
