package dev.bottle.bundle.egress.inspection;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** MB of a file that are scanned in a second of CPU; the numbers of ADR 70. Not a test. */
final class ScannerBenchmark {
  private static final long NANOS = 1_500_000_000L;
  private static final int PART = 8192;

  private ScannerBenchmark() {}

  /** The arguments are files. */
  public static void main(String[] files) throws IOException {
    Needles needles = Needles.of(RuleFile.read());
    for (String file : files) {
      byte[] text = Files.readAllBytes(Path.of(file));
      rate(needles, text); // warms up
      System.out.printf("%s %.0f MB/s%n", file, rate(needles, text));
    }
  }

  private static double rate(Needles needles, byte[] text) {
    long start = cpu();
    long bytes = 0;
    while (cpu() - start < NANOS) {
      StreamScanner scanner = new StreamScanner(needles);
      for (int i = 0; i < text.length; i += PART) {
        var _ = scanner.next(Arrays.copyOfRange(text, i, Math.min(text.length, i + PART)), false);
      }
      bytes += text.length;
    }
    return bytes * 1e3 / (cpu() - start);
  }

  private static long cpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
