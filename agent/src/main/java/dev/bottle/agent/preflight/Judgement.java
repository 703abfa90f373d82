package dev.bottle.agent.preflight;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** From facts to fitness. Pure; each fact is judged by itself, and all findings are named. */
final class Judgement {
  /** One descriptor for each inode that a guest caches (smolvm.md §12.2). */
  static final long DESCRIPTORS = 1 << 20;

  /** An unpacked image and the disk of one machine; less is a node that fills up at once. */
  static final long FREE_BYTES = 2L << 30;

  private final List<Finding> findings = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  private Judgement() {}

  /** Fit means: nothing is known that stands against trying a machine. */
  static Fitness of(NodeFacts facts) {
    Judgement judgement = new Judgement();
    Optional<RuntimeVersion> runtime = judgement.runtime(facts.runtime());
    boolean virtual = runtime.isPresent() && !runtime.get().isStandIn();
    switch (facts.kernel()) {
      case Answer.Given<KernelFacts>(KernelFacts kernel) -> judgement.kernel(kernel, virtual);
      case Answer.Refused<KernelFacts>(String why) ->
          judgement.finding(
              Check.Tool,
              why,
              "Let the agent's image put bottle-tool where the host can run it, and set HOST_PID to"
                  + " a process whose namespaces can be entered.");
    }
    judgement.disk(facts.freeBytes());
    return runtime.isPresent() && judgement.findings.isEmpty()
        ? new Fitness.Fit(runtime.get(), judgement.warnings)
        : new Fitness.Unfit(judgement.findings);
  }

  /** The node on which nothing stood against a machine, and on which none ran all the same. */
  static Fitness.Unfit bootless(RuntimeVersion runtime, String complaint) {
    return new Fitness.Unfit(
        List.of(
            new Finding(
                Check.Boot,
                "a machine was tried and did not run: " + complaint,
                runtime.isStandIn()
                    ? "Install runc and mend what the stand-in names."
                    : "Let the host run virtual machines (an opened /dev/kvm proves nothing;"
                        + " nested virtualisation may be off), or remove the label"
                        + " bottle.dev/machines.")));
  }

  private Optional<RuntimeVersion> runtime(Answer<RuntimeVersion> answer) {
    return switch (answer) {
      case Answer.Given<RuntimeVersion>(RuntimeVersion version) when version.isDriven() ->
          Optional.of(version);
      case Answer.Given<RuntimeVersion>(RuntimeVersion version) -> {
        finding(
            Check.RuntimeVersion,
            "smolvm is " + version.word() + ", not " + RuntimeVersion.DRIVEN,
            "Install smolvm " + RuntimeVersion.DRIVEN + " on the node.");
        yield Optional.empty();
      }
      case Answer.Refused<RuntimeVersion>(String why) -> {
        finding(
            Check.RuntimeVersion, why, "Install smolvm " + RuntimeVersion.DRIVEN + " on the node.");
        yield Optional.empty();
      }
    };
  }

  private void kernel(KernelFacts kernel, boolean virtual) {
    String newer = "Run Linux 5.11 or newer (this is " + kernel.kernel() + ").";
    if (virtual) {
      attempt(
          Check.Kvm,
          kernel.kvm(),
          "Let the monitor's user read and write /dev/kvm: mode 0666, or 0660 and the"
              + " node's group kvm.");
    }
    attempt(Check.Cgroup, kernel.cgroup(), "Mount the cgroup trees with memory, cpu and pids.");
    attempt(
        Check.Namespaces, kernel.namespaces(), "Let root make network and mount namespaces here.");
    attempt(Check.Mounts, kernel.mounts(), newer);
    attempt(Check.CloseRange, kernel.closeRange(), newer);
    if (virtual && kernel.landlock() < 1) {
      finding(
          Check.Landlock,
          "the kernel " + kernel.kernel() + " has no Landlock, which confines the monitor",
          "Boot with landlock among lsm=.");
    }
    if (kernel.descriptors() < DESCRIPTORS) {
      warnings.add(
          "RLIMIT_NOFILE can be "
              + kernel.descriptors()
              + " at most, "
              + DESCRIPTORS
              + " is wanted: a guest with many files may break; grant CAP_SYS_RESOURCE and check"
              + " fs.nr_open");
    }
  }

  private void disk(Answer<Long> freeBytes) {
    String remedy = "Free space below the agent's BOTTLE_HOME.";
    switch (freeBytes) {
      case Answer.Given<Long>(Long free) when free < FREE_BYTES ->
          finding(
              Check.Disk,
              (free >> 20) + " MiB are free, " + (FREE_BYTES >> 20) + " MiB are needed",
              remedy);
      case Answer.Given<Long> enough -> {}
      case Answer.Refused<Long>(String why) -> finding(Check.Disk, why, remedy);
    }
  }

  private void attempt(Check check, String failure, String remedy) {
    if (!failure.isEmpty()) {
      finding(check, failure, remedy);
    }
  }

  private void finding(Check check, String message, String remedy) {
    findings.add(new Finding(check, message, remedy));
  }
}
