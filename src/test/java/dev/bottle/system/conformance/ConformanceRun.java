package dev.bottle.system.conformance;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the suite by {@code deploy/local/conformance}, whose progress goes to this process' own. */
final class ConformanceRun {
  /** Seven to twelve minutes were measured; in it is a second round, too. */
  private static final Duration DEADLINE = Duration.ofMinutes(30);

  private ConformanceRun() {}

  /**
   * The verdicts of all cases. A case that was run several times, because the emulated node lost
   * its machine, passed when it did once.
   *
   * @throws IOException when the suite could not be run to its end
   */
  static List<Verdict> of(Candidate candidate) throws IOException, InterruptedException {
    Path report = Files.createTempFile("conformance-", ".json");
    try {
      Process process =
          new ProcessBuilder("deploy/local/conformance", candidate.argument())
              .redirectOutput(report.toFile())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      if (!process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
        process.destroy(); // the script takes the emulated node down
        throw new IOException("no end after " + DEADLINE + "; so far: " + Files.readString(report));
      }
      List<Verdict> verdicts = read(report);
      // Exit 1 with verdicts is failed cases, which the caller sees; without any it is the suite.
      if (verdicts.isEmpty()) {
        throw new IOException("the suite ended with exit code " + process.exitValue());
      }
      return verdicts;
    } finally {
      Files.delete(report);
    }
  }

  private static List<Verdict> read(Path report) throws IOException {
    var mapper = new ObjectMapper();
    var verdicts = new LinkedHashMap<String, Verdict>();
    for (String line : Files.readAllLines(report)) {
      Verdict verdict = mapper.readValue(line, Verdict.class);
      verdicts.merge(verdict.name(), verdict, (before, later) -> before.passed() ? before : later);
    }
    return List.copyOf(verdicts.values());
  }
}
