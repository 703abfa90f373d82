package dev.bottle.system.conformance;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the suite by {@code deploy/local/conformance}, whose progress goes to this process' own. */
final class ConformanceRun {
  /** Ten minutes on a quiet machine of two processors, building the emulated node extra. */
  private static final Duration DEADLINE = Duration.ofMinutes(20);

  private ConformanceRun() {}

  /**
   * The verdicts of all cases.
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
    var verdicts = new ArrayList<Verdict>();
    for (String line : Files.readAllLines(report)) {
      verdicts.add(mapper.readValue(line, Verdict.class));
    }
    return verdicts;
  }
}
