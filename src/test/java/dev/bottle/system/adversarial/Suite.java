package dev.bottle.system.adversarial;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Runs every case, whatever became of the one before. */
final class Suite {
  private static final int HEALTH = 9099;

  /** The health port of a Bottle that only one case uses. */
  static final int SPARE_HEALTH = HEALTH + 2;

  private static final Set<String> TESTS = TestSources.methods();

  private Suite() {}

  /** The list, in the order in which it is run: what looks at all the others comes last. */
  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    cases.addAll(NetworkFloor.elsewhere());
    cases.addAll(NetworkFloor.addresses());
    cases.addAll(atTheDoor(Policies.CANARY));
    cases.addAll(Resources.ofTheDaemon());
    cases.addAll(Credentials.ofTheDaemon());
    cases.addAll(Outages.cases());
    cases.addAll(Clocks.cases());
    cases.addAll(Neighbours.cases());
    cases.add(Credentials.whoGotIt());
    cases.add(Credentials.whatWasSaid());
    cases.addAll(NamedTests.cases());
    return cases;
  }

  /** What needs no more than a connection to the proxy of a Bottle with this canary. */
  static List<Case> atTheDoor(String canary) {
    List<Case> cases = new ArrayList<>();
    cases.addAll(NetworkFloor.cases());
    cases.addAll(ProxyParsing.cases());
    cases.addAll(RequestParsing.cases());
    cases.addAll(Resources.atTheDoor(canary));
    cases.addAll(Carriage.cases(canary));
    cases.addAll(Credentials.atTheDoor());
    return cases;
  }

  /** The verdicts, in the same order. */
  static List<Verdict> run(Path home) throws IOException, InterruptedException {
    List<Verdict> verdicts = new ArrayList<>();
    try (Internet internet = Internet.alone(home);
        Bottle bottle =
            new Bottle(
                internet,
                home.resolve("bottle"),
                Bottle.Setup.of(HEALTH, Policies.standard(internet.authorities())));
        Bottle other =
            new Bottle(
                internet,
                home.resolve("other"),
                Neighbours.setup(HEALTH + 1, internet.authorities()));
        Guest lasting = bottle.guest().tunnel(Policies.BARRIER)) {
      Scene.Daemons daemons = new Scene.Daemons(bottle, other, home);
      Scene scene = new Scene(internet, bottle, lasting, daemons);
      for (Case each : cases()) {
        verdicts.add(verdict(scene, Level.BUNDLE, each));
      }
    }
    return verdicts;
  }

  /** Runs one case at this level. */
  static Verdict verdict(Scene scene, Level level, Case each) throws IOException {
    return switch (each) {
      case Case.Tried tried -> {
        String fault = fault(scene, tried.number(), tried.attack(), tried.check());
        yield new Verdict(each, level.toString(), fault.isEmpty() ? "held" : "FAILED", fault);
      }
      case Case.Gap gap -> {
        String fault = fault(scene, gap.number(), gap.attack(), gap.check());
        yield new Verdict(
            each,
            level.toString(),
            fault.isEmpty() ? "known gap: " + gap.why() : "FAILED: no gap any more",
            fault);
      }
      case Case.Elsewhere elsewhere -> {
        List<String> absent =
            elsewhere.tests().stream().filter(test -> !TESTS.contains(test)).toList();
        yield new Verdict(
            each,
            elsewhere.level().toString(),
            elsewhere.tests().stream()
                .map(test -> "`" + test + "`")
                .collect(Collectors.joining(", ")),
            absent.isEmpty() ? "" : "there is no test " + absent);
      }
    };
  }

  private static String fault(Scene scene, int number, Attack attack, Check check) {
    try {
      check.of(scene.observe(number, attack));
      return "";
    } catch (Exception | AssertionError e) {
      return e.toString();
    }
  }
}
