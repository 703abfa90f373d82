package dev.bottle.bundle.gitgate.push;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.bottle.bundle.gitgate.program.Outcome;
import dev.bottle.bundle.gitgate.program.Program;
import dev.bottle.bundle.gitgate.program.Workshop;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/**
 * Runs gitleaks over a push. Clean is only what it calls clean without a word on standard error: it
 * ends with 0 after many errors, too.
 */
final class Gitleaks {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int CLEAN = 0;
  private static final int FOUND = 2;
  private static final int MAX_REPORT = 8 * 1024 * 1024;

  private final Path program;
  private final Workshop workshop;

  Gitleaks(Path program, Workshop workshop) {
    this.program = program;
    this.workshop = workshop;
  }

  /** One line of its report; the secret in it is redacted, and is not read. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Leak(@JsonProperty("RuleID") String rule, @JsonProperty("File") String file) {}

  /**
   * Passes or refuses: twice over the patches of the new commits, as text (which shows what is in
   * binary files, and what a merge brings in by itself) and not (which opens archives), and once
   * over what is in no patch.
   *
   * @param tips object names
   * @param texts what is in no patch
   */
  void check(Quarantine quarantine, List<String> tips, byte[] texts)
      throws PushRefused, IOException, InterruptedException {
    String range = String.join(" ", tips) + " --not --all";
    List<Leak> inTexts;
    List<Leak> inPatches = new ArrayList<>();
    try (ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().factory())) {
      Future<List<Leak>> names = threads.submit(scan(quarantine, texts, List.of("stdin")));
      Future<List<Leak>> asText = threads.submit(patches(quarantine, "-m --text " + range));
      Future<List<Leak>> archives = threads.submit(patches(quarantine, "-m " + range));
      try {
        inTexts = names.get();
        inPatches.addAll(asText.get());
        inPatches.addAll(archives.get());
      } catch (ExecutionException e) {
        throw e.getCause() instanceof PushRefused refused
            ? refused
            : PushRefused.unchecked("the scanner could not be run");
      } finally {
        threads.shutdownNow();
      }
    }
    // A name that is a secret itself is not told.
    refuse(inTexts, false);
    refuse(inPatches, true);
  }

  /** Passes or refuses this text alone. */
  void checkTexts(Quarantine quarantine, byte[] texts) throws PushRefused, InterruptedException {
    try {
      refuse(scan(quarantine, texts, List.of("stdin")).call(), false);
    } catch (PushRefused | InterruptedException e) {
      throw e;
    } catch (Exception e) {
      throw PushRefused.unchecked("the scanner could not be run");
    }
  }

  private static void refuse(List<Leak> leaks, boolean named) throws PushRefused {
    if (leaks.isEmpty()) {
      return;
    }
    Leak first = leaks.getFirst();
    String rule = word(first.rule());
    String file = named && !first.file().isEmpty() ? first.file() : null;
    throw PushRefused.ofSecret(
        rule,
        file,
        "a secret was found ("
            + rule
            + ") in "
            + (file == null ? "a commit, tag, ref or file name" : file)
            + "; take it out of every commit that is pushed (git commit --amend, git rebase)");
  }

  private Callable<List<Leak>> patches(Quarantine quarantine, String options) {
    return scan(
        quarantine,
        new byte[0],
        List.of(
            "git",
            "--platform",
            "none",
            "--log-opts",
            options,
            quarantine.repository().directory().toString()));
  }

  private Callable<List<Leak>> scan(Quarantine quarantine, byte[] input, List<String> what) {
    List<String> call = new ArrayList<>(List.of(program.toString()));
    call.addAll(what);
    call.addAll(
        List.of(
            "--config",
            workshop.rules().toString(),
            "--gitleaks-ignore-path",
            "/dev/null",
            "--ignore-gitleaks-allow",
            "--redact",
            "--max-decode-depth",
            "3",
            "--max-archive-depth",
            "8",
            "--exit-code",
            Integer.toString(FOUND),
            "--report-format",
            "json",
            "--report-path",
            "-",
            "--log-level",
            "error",
            "--no-banner",
            "--no-color"));
    return () -> {
      Outcome outcome =
          Program.run(call, quarantine.environment(), input, quarantine.deadline(), MAX_REPORT);
      if (!outcome.err().isEmpty() || (outcome.exit() != CLEAN && outcome.exit() != FOUND)) {
        throw PushRefused.unchecked(
            outcome.exit() == Outcome.KILLED ? "the scanner took too long" : "the scanner failed");
      }
      List<Leak> leaks = read(outcome.out());
      if (leaks.isEmpty() != (outcome.exit() == CLEAN)) {
        throw PushRefused.unchecked("the scanner contradicts itself");
      }
      return leaks;
    };
  }

  private static List<Leak> read(byte[] report) throws PushRefused {
    try {
      return List.of(JSON.readValue(new String(report, StandardCharsets.UTF_8), Leak[].class));
    } catch (JsonProcessingException | NullPointerException e) {
      throw PushRefused.unchecked("the scanner's report cannot be read");
    }
  }

  /** {@code aws-access-token} as the control socket writes rules: {@code AwsAccessToken}. */
  private static String word(String rule) {
    String word =
        Arrays.stream(rule.split("[^A-Za-z0-9]+"))
            .filter(part -> !part.isEmpty())
            .map(part -> Character.toUpperCase(part.charAt(0)) + part.substring(1))
            .collect(Collectors.joining());
    return Optional.of(word).filter(text -> text.matches("[A-Za-z].{0,63}")).orElse("Rule" + word);
  }
}
