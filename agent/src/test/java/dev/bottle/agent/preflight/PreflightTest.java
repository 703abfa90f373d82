package dev.bottle.agent.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.agent.preflight.Fitness.Fit;
import dev.bottle.agent.preflight.Fitness.Unfit;
import dev.bottle.agent.testing.SettableClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreflightTest {
  private static final KernelFacts KERNEL = new KernelFacts("6.1", "", "", "", "", "", 1 << 20, 4);

  @TempDir Path base;

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final SettableClock clock = new SettableClock();
  private final List<Fitness> duringTrial = new ArrayList<>();
  private NodeDirectory node;
  private Preflight preflight;
  private String version = "1.32.2";
  private Optional<String> bootFailure = Optional.empty();
  private int surveys;

  @BeforeEach
  void start() throws IOException {
    node = new NodeDirectory(base);
    preflight = agent();
  }

  private Preflight agent() {
    return new Preflight(
        () -> {
          surveys++;
          return new NodeFacts(
              new Answer.Given<>(new RuntimeVersion(version)),
              new Answer.Given<>(KERNEL),
              new Answer.Given<>(100L << 30));
        },
        () -> {
          duringTrial.add(preflight.current());
          return bootFailure;
        },
        node.files(),
        node.paths.trialProof(),
        meters,
        clock);
  }

  private static Check check(Fitness fitness) {
    assertThat(fitness).isInstanceOf(Unfit.class);
    return ((Unfit) fitness).findings().getFirst().check();
  }

  private double metric() {
    return meters.get("bottle_agent_fit").gauge().value();
  }

  @Test
  void isUnfitUntilAMachineBooted() throws Exception {
    assertThat(check(preflight.current())).isEqualTo(Check.Pending);
    assertThat(metric()).isZero();
    preflight.look();
    assertThat(preflight.current()).isInstanceOf(Fit.class);
    assertThat(metric()).isEqualTo(1);
    assertThat(duringTrial).hasSize(1);
    assertThat(check(duringTrial.getFirst())).isEqualTo(Check.Pending);
  }

  @Test
  void aMachineThatDoesNotBootIsTheFindingWithTheRuntimesWords() throws Exception {
    bootFailure = Optional.of("KVM_EXIT_INTERNAL_ERROR");
    preflight.look();
    assertThat(check(preflight.current())).isEqualTo(Check.Boot);
    assertThat(preflight.current().message())
        .contains("KVM_EXIT_INTERNAL_ERROR")
        .contains("virtual machines");
    assertThat(metric()).isZero();
  }

  @Test
  void nothingIsBootedOnANodeThatIsUnfitAnyway() throws Exception {
    version = "1.9.1";
    preflight.look();
    assertThat(check(preflight.current())).isEqualTo(Check.RuntimeVersion);
    assertThat(duringTrial).isEmpty();
  }

  @Test
  void anUnfitNodeIsAskedAgainAfterTenMinutesAndAFitOneIsNot() throws Exception {
    bootFailure = Optional.of("no");
    preflight.look();
    clock.advance(Duration.ofMinutes(10).minusSeconds(1));
    preflight.look();
    assertThat(surveys).isEqualTo(1);
    bootFailure = Optional.empty();
    clock.advance(Duration.ofSeconds(1));
    preflight.look();
    assertThat(surveys).isEqualTo(2);
    assertThat(preflight.current()).isInstanceOf(Fit.class);
    clock.advance(Duration.ofDays(1));
    preflight.look();
    assertThat(surveys).isEqualTo(2);
  }

  @Test
  void aFailedBootIsTriedAgainByTheNextAgentAndASuccessIsNot() throws Exception {
    bootFailure = Optional.of("no");
    preflight.look();
    bootFailure = Optional.empty();
    agent().look();
    assertThat(duringTrial).hasSize(2);
    Preflight restarted = agent();
    restarted.look();
    assertThat(restarted.current()).isInstanceOf(Fit.class);
    assertThat(duringTrial).hasSize(2);
  }

  @Test
  void anotherBootOfTheNodeIsProvenAnew() throws Exception {
    preflight.look();
    node.boot("second");
    agent().look();
    assertThat(duringTrial).hasSize(2);
  }

  @Test
  void anotherCageIsProvenAnew() throws Exception {
    preflight.look();
    Files.writeString(node.paths.program("bottle-tool"), "cage 2");
    agent().look();
    assertThat(duringTrial).hasSize(2);
  }

  @Test
  void anotherRuntimeIsProvenAtOnceAndUntilThenTheNodeIsUnfit() throws Exception {
    preflight.look();
    node.runtime("b", "another program");
    preflight.look();
    assertThat(duringTrial).as("not linked yet").hasSize(1);
    node.link("b");
    bootFailure = Optional.of("no");
    preflight.look();
    assertThat(check(duringTrial.getLast())).isEqualTo(Check.Pending);
    assertThat(check(preflight.current())).isEqualTo(Check.Boot);
    node.link("a");
    preflight.look();
    assertThat(preflight.current()).as("proven before").isInstanceOf(Fit.class);
    assertThat(duringTrial).hasSize(2);
  }

  @Test
  void aLibraryThatChangedIsAnotherRuntime() throws Exception {
    Path library = node.paths.runtime().resolve("lib/libkrun.so");
    Files.createDirectories(library.getParent());
    Files.writeString(library, "one");
    preflight.look();
    Files.writeString(library, "two");
    agent().look();
    assertThat(duringTrial).hasSize(2);
  }

  @Test
  void aProofThatWasTamperedWithOrIsUnreadableProvesNothing() throws Exception {
    preflight.look();
    Files.writeString(node.paths.trialProof(), "first 1.32.2 whatever\n");
    agent().look();
    Files.delete(node.paths.trialProof());
    Files.createDirectory(node.paths.trialProof());
    Preflight restarted = agent();
    restarted.look();
    assertThat(duringTrial).hasSize(3);
    assertThat(check(restarted.current())).as("it cannot be remembered").isEqualTo(Check.Boot);
  }

  @Test
  void aRuntimeThatVanishesIsNoticed() throws Exception {
    preflight.look();
    Files.delete(node.paths.runtime());
    version = "none";
    preflight.look();
    assertThat(check(preflight.current())).isEqualTo(Check.RuntimeVersion);
  }
}
