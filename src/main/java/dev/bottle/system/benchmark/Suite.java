package dev.bottle.system.benchmark;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** What is measured of everything that carries requests. */
final class Suite {
  static final String DIRECT = "direct";
  static final String EGRESS = "egress";

  private static final double MEDIAN = 50;
  private static final double SLOW = 99;
  private static final double MEGA = 1e6;

  private final Load load;
  private final Amounts amounts;
  private final List<Subject> subjects;
  private final List<Figure> figures = new ArrayList<>();

  /**
   * Nothing is measured yet.
   *
   * @param subjects all running, {@link #DIRECT} the first
   */
  Suite(Load load, Amounts amounts, List<Subject> subjects) {
    this.load = load;
    this.amounts = amounts;
    this.subjects = subjects;
  }

  /** In the order of the measurements. */
  List<Figure> figures() {
    return figures;
  }

  private static double millis(long nanos) {
    return nanos / (double) TimeUnit.MILLISECONDS.toNanos(1);
  }

  private static double micros(Duration duration) {
    return duration.toNanos() / (double) TimeUnit.MICROSECONDS.toNanos(1);
  }

  private List<Tally> tallies() {
    return subjects.stream().map(Tally::new).toList();
  }

  /** Small requests on a connection that stays open. */
  void keptAlive() throws IOException {
    List<Tally> tallies = tallies();
    List<Channel> channels = new ArrayList<>();
    for (Subject subject : subjects) {
      Channel channel = load.open(subject.way(), Load.tls(subject.way()));
      load.small(channel, subject.way(), amounts.warmUp(), Load.histogram());
      channels.add(channel);
    }
    for (int round = 0; round < amounts.rounds(); round++) {
      for (int i = 0; i < tallies.size(); i++) {
        Tally tally = tallies.get(i);
        Channel channel = channels.get(i);
        tally.count(() ->
            load.small(channel, tally.subject().way(), amounts.requests(), tally.durations()));
      }
    }
    for (Channel channel : channels) {
      var _ = channel.close();
    }
    percentiles("small request, connection kept", tallies, 0.7, 3.0);
    Figure cpu = Figure.most("CPU of a small request", "ms", 0.5);
    int count = amounts.rounds() * amounts.requests();
    for (Tally tally : tallies) {
      if (tally.subject().program() != null) {
        cpu.with(tally.subject().name(), micros(tally.cpu()) / 1000 / count);
      }
    }
    figures.add(cpu);
  }

  /** The first small request of a new connection, without a TLS session to resume. */
  void newConnections() throws IOException {
    List<Tally> tallies = tallies();
    for (int round = -1; round < amounts.rounds(); round++) {
      for (Tally tally : tallies) {
        Way way = tally.subject().way();
        for (int i = 0; i < amounts.connections(); i++) {
          SslContext tls = Load.tls(way);
          long start = System.nanoTime();
          Channel channel = load.open(way, tls);
          load.small(channel, way, 1, Load.histogram());
          if (round >= 0) { // the first one warms up
            tally.durations().recordValue(System.nanoTime() - start);
          }
          channel.close().awaitUninterruptibly();
        }
      }
    }
    percentiles("new connection and first answer", tallies, 6.0, null);
  }

  private void percentiles(String what, List<Tally> tallies, Double median, @Nullable Double slow) {
    Histogram direct = tallies.getFirst().durations();
    for (double percentile : List.of(MEDIAN, SLOW)) {
      Figure whole = Figure.most("%s, p%.0f".formatted(what, percentile), "ms", null);
      Figure added =
          Figure.most(
              "%s, p%.0f: added to direct".formatted(what, percentile),
              "ms",
              percentile == MEDIAN ? median : slow);
      long least = direct.getValueAtPercentile(percentile);
      for (Tally tally : tallies) {
        String name = tally.subject().name();
        long value = tally.durations().getValueAtPercentile(percentile);
        whole.with(name, millis(value));
        if (!name.equals(DIRECT)) {
          added.with(name, millis(value - least));
        }
      }
      figures.add(whole);
      figures.add(added);
    }
  }

  /** A large answer, the best of the rounds. */
  void downloads() throws IOException {
    Figure rate = Figure.least("streaming download", "MB/s", 500.0);
    Figure cpu = Figure.most("CPU of a download", "µs/KB", null);
    long bytes = amounts.megabytes() * 1_000_000L;
    for (int round = -1; round < amounts.rounds(); round++) {
      for (Subject subject : subjects) {
        Channel channel = load.open(subject.way(), Load.tls(subject.way()));
        Duration before = subject.cpu();
        double seconds = load.download(channel, subject.way(), bytes);
        Duration used = subject.cpu().minus(before);
        channel.close().awaitUninterruptibly();
        if (round >= 0) {
          rate.values().merge(subject.name(), bytes / MEGA / seconds, Math::max);
          least(cpu, subject, micros(used) / (bytes / 1024.0));
        }
      }
    }
    figures.add(rate);
    figures.add(cpu);
  }

  /** A large body, the best of the rounds. */
  void uploads(Body body) throws IOException {
    Figure rate = Figure.least("upload, " + body.name(), "MB/s", 150.0);
    Figure cpu = Figure.most("CPU of an upload, " + body.name(), "µs/KB", null);
    int times = Math.max(1, (int) (amounts.megabytes() * 1_000_000L / body.bytes().length));
    double bytes = (double) times * body.bytes().length;
    for (int round = -1; round < amounts.rounds(); round++) {
      for (Subject subject : subjects) {
        Channel channel = load.open(subject.way(), Load.tls(subject.way()));
        Duration before = subject.cpu();
        double seconds = load.upload(channel, subject.way(), body, times);
        Duration used = subject.cpu().minus(before);
        channel.close().awaitUninterruptibly();
        if (round >= 0) {
          rate.values().merge(subject.name(), bytes / MEGA / seconds, Math::max);
          least(cpu, subject, micros(used) / (bytes / 1024));
        }
      }
    }
    figures.add(rate);
    figures.add(cpu);
  }

  private static void least(Figure figure, Subject subject, double value) {
    if (subject.program() != null) {
      figure.values().merge(subject.name(), value, Math::min);
    }
  }
}
