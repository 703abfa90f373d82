package dev.bottle.agent.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.agent.preflight.Fitness.Fit;
import dev.bottle.agent.preflight.Fitness.Unfit;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JudgementTest {
  private static final String REAL = "1.32.2";
  private static final String STAND_IN = "1.32.2+standin.runc";
  private static final long ENOUGH = 1L << 20;
  private static final KernelFacts GOOD = kernel("", "", "", "", "", ENOUGH, 4);

  private static KernelFacts kernel(
      String kvm,
      String cgroup,
      String namespaces,
      String mounts,
      String closeRange,
      long descriptors,
      int landlock) {
    return new KernelFacts(
        "6.1.0", kvm, cgroup, namespaces, mounts, closeRange, descriptors, landlock);
  }

  private static NodeFacts node(String version, KernelFacts kernel) {
    return new NodeFacts(
        new Answer.Given<>(new RuntimeVersion(version)),
        new Answer.Given<>(kernel),
        new Answer.Given<>(100L << 30));
  }

  private static List<Check> checks(Fitness fitness) {
    return switch (fitness) {
      case Fit fit -> List.of();
      case Unfit unfit -> unfit.findings().stream().map(Finding::check).toList();
    };
  }

  @Test
  void aGoodNodeIsFitWithoutWarnings() {
    assertThat(Judgement.of(node(REAL, GOOD)))
        .isEqualTo(new Fit(new RuntimeVersion(REAL), List.of()));
  }

  @Test
  void theStandInIsFitAndSaidToBeOne() {
    Fitness fitness = Judgement.of(node(STAND_IN, GOOD));
    assertThat(fitness).isEqualTo(new Fit(new RuntimeVersion(STAND_IN), List.of()));
    assertThat(fitness.message()).contains(STAND_IN).contains("stand-in").contains("containers");
    assertThat(Judgement.of(node(REAL, GOOD)).message()).doesNotContain("stand-in");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.32.1", "1.9.1", "1.32.20", "1.32.2-rc1", "1.32.2+other", "2.0.0", ""})
  void everyOtherVersionIsUnfit(String version) {
    Fitness fitness = Judgement.of(node(version, GOOD));
    assertThat(checks(fitness)).containsExactly(Check.RuntimeVersion);
    assertThat(fitness.message()).contains("smolvm is " + version).contains("1.32.2");
  }

  @Test
  void whoeverDoesNotAnswerMakesTheNodeUnfit() {
    NodeFacts silent =
        new NodeFacts(
            new Answer.Refused<>("no such program"),
            new Answer.Refused<>("nsenter: not permitted"),
            new Answer.Refused<>("stale handle"));
    Fitness fitness = Judgement.of(silent);
    assertThat(checks(fitness)).containsExactly(Check.RuntimeVersion, Check.Tool, Check.Disk);
    assertThat(fitness.message())
        .contains("no such program")
        .contains("nsenter: not permitted")
        .contains("stale handle");
  }

  @Test
  void onlyTheRealRuntimeNeedsKvmAndLandlock() {
    KernelFacts kernel = kernel("permission denied", "", "", "", "", ENOUGH, 0);
    assertThat(checks(Judgement.of(node(REAL, kernel)))).containsExactly(Check.Kvm, Check.Landlock);
    assertThat(checks(Judgement.of(node(STAND_IN, kernel)))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "broken,'','','',Cgroup",
    "'',broken,'','',Namespaces",
    "'','',broken,'',Mounts",
    "'','','',broken,CloseRange"
  })
  void whatTheCageNeedsEveryRuntimeNeeds(
      String cgroup, String namespaces, String mounts, String closeRange, Check check) {
    KernelFacts kernel = kernel("", cgroup, namespaces, mounts, closeRange, ENOUGH, 4);
    for (String version : List.of(REAL, STAND_IN)) {
      Fitness fitness = Judgement.of(node(version, kernel));
      assertThat(checks(fitness)).containsExactly(check);
      assertThat(fitness.message()).startsWith(check + ": broken. ");
    }
  }

  @Test
  void fewDescriptorsWarnAndStopNothing() {
    Fitness fitness = Judgement.of(node(REAL, kernel("", "", "", "", "", ENOUGH - 1, 4)));
    assertThat(fitness).isInstanceOf(Fit.class);
    assertThat(fitness.message()).contains("RLIMIT_NOFILE can be 1048575 at most");
    assertThat(fitness.obstacle()).isEmpty();
  }

  @Property
  void aNodeIsUnfitForExactlyWhatIsWrongWithIt(
      @ForAll boolean kvm,
      @ForAll boolean cgroup,
      @ForAll boolean namespaces,
      @ForAll boolean mounts,
      @ForAll boolean closeRange,
      @ForAll boolean landlock,
      @ForAll @LongRange(min = 0, max = 4L << 30) long free) {
    KernelFacts kernel =
        kernel(
            said(kvm),
            said(cgroup),
            said(namespaces),
            said(mounts),
            said(closeRange),
            ENOUGH,
            landlock ? 1 : 0);
    List<Check> wrong = new ArrayList<>();
    add(wrong, kvm, Check.Kvm);
    add(wrong, cgroup, Check.Cgroup);
    add(wrong, namespaces, Check.Namespaces);
    add(wrong, mounts, Check.Mounts);
    add(wrong, closeRange, Check.CloseRange);
    add(wrong, landlock, Check.Landlock);
    add(wrong, free >= 2L << 30, Check.Disk);
    Fitness fitness =
        Judgement.of(
            new NodeFacts(
                new Answer.Given<>(new RuntimeVersion(REAL)),
                new Answer.Given<>(kernel),
                new Answer.Given<>(free)));
    assertThat(checks(fitness)).isEqualTo(wrong);
    assertThat(fitness.obstacle().isPresent()).isEqualTo(!wrong.isEmpty());
    assertThat(fitness.word()).isEqualTo(wrong.isEmpty() ? "Fit" : "Unfit");
  }

  private static String said(boolean good) {
    return good ? "" : "broken";
  }

  private static void add(List<Check> wrong, boolean good, Check check) {
    if (!good) {
      wrong.add(check);
    }
  }
}
