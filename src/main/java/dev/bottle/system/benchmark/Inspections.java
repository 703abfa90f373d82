package dev.bottle.system.benchmark;

import io.netty.channel.Channel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * What looking costs: the CPU of an upload through egress that inspects, less that of the same
 * upload through one that does not. Everything else is the same.
 */
final class Inspections {
  private static final double TARGET = 5;

  private final Load load;
  private final Amounts amounts;
  private final Subject inspecting;
  private final Subject blind;

  Inspections(Load load, Amounts amounts, Subject inspecting, Subject blind) {
    this.load = load;
    this.amounts = amounts;
    this.inspecting = inspecting;
    this.blind = blind;
  }

  /** A line for each body; of a compressed one the KB that it holds count. */
  List<Figure> measure(List<Body> bodies) throws IOException {
    List<Figure> figures = new ArrayList<>();
    for (Body body : bodies) {
      double looking = Double.MAX_VALUE;
      double passing = Double.MAX_VALUE;
      for (int round = -1; round < amounts.rounds(); round++) {
        double withLook = cost(inspecting, body);
        double without = cost(blind, body);
        if (round >= 0) { // the first one warms up
          looking = Math.min(looking, withLook);
          passing = Math.min(passing, without);
        }
      }
      figures.add(
          Figure.most("CPU of scanning, " + body.name(), "µs/KB", TARGET)
              .with(Suite.EGRESS, looking - passing));
    }
    return figures;
  }

  private double cost(Subject subject, Body body) throws IOException {
    Program program = Objects.requireNonNull(subject.program());
    Channel channel = load.open(subject.way(), Load.tls(subject.way()));
    Duration before = program.cpu();
    load.upload(channel, subject.way(), body, amounts.megabytes());
    Duration used = program.cpu().minus(before);
    channel.close().awaitUninterruptibly();
    return used.toNanos()
        / (double) TimeUnit.MICROSECONDS.toNanos(1)
        / (amounts.megabytes() * (double) Body.SIZE / 1024);
  }
}
