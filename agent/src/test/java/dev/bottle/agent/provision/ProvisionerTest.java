package dev.bottle.agent.provision;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.smolvm.MachineDefinition;
import dev.bottle.agent.smolvm.MachineLabels;
import dev.bottle.agent.smolvm.MachineSize;
import dev.bottle.agent.smolvm.RuntimeFailure;
import dev.bottle.agent.testing.FakeProc;
import dev.bottle.agent.testing.FakeRuntime;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.json.Sha256;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProvisionerTest {
  private static final GuestMaterial MATERIAL =
      new GuestMaterial(
          "h",
          new Bytes("{}".getBytes(UTF_8)),
          new Bytes("private prompt".getBytes(UTF_8)),
          new Bytes("pem".getBytes(UTF_8)),
          new TreeMap<>());

  @TempDir Path temp;
  private FakeRuntime runtime;

  @BeforeEach
  void boot() throws RuntimeFailure {
    runtime = new FakeRuntime(new FakeProc(temp));
    runtime.create(
        new MachineDefinition(
            "m", new MachineLabels("u", 1, "s"), new MachineSize(1, 1, 1), temp, temp));
    runtime.start("m", "pod", temp);
  }

  private void fails(CommandResult answer, Reason reason, String message) {
    runtime.guest((argv, stdin) -> answer);
    assertThatThrownBy(() -> new Provisioner(runtime).provision("m", MATERIAL))
        .isInstanceOfSatisfying(
            RuntimeFailure.class,
            e -> {
              assertThat(e.reason()).isEqualTo(reason);
              assertThat(e.getMessage())
                  .contains(message)
                  .doesNotContain("private prompt")
                  .doesNotContain("\n")
                  .hasSizeLessThan(800);
            });
  }

  @Test
  void sendsTheWholeStreamAndBelievesOnlyItsDigest() throws Exception {
    List<byte[]> received = new ArrayList<>();
    runtime.guest((argv, stdin) -> {
      assertThat(argv).containsExactly("/opt/bottle/bin/bottle-tool", "provision");
      received.add(stdin);
      return new CommandResult(
          0, "{\"digest\":\"sha256:" + Sha256.hex(stdin) + "\",\"user\":\"node\"}", "WARN noise");
    });
    GuestStream stream = new GuestStream(MATERIAL);
    assertThat(new Provisioner(runtime).provision("m", MATERIAL)).isEqualTo(stream.digest());
    assertThat(received.getFirst()).isEqualTo(stream.bytes());
  }

  @Test
  void anotherDigestIsAFailure() {
    fails(
        new CommandResult(0, "{\"digest\":\"sha256:" + "0".repeat(64) + "\"}", ""),
        Reason.ProvisioningFailed,
        "was sent");
  }

  @Test
  void aMissingUserIsNamed() {
    fails(
        new CommandResult(
            1, "{\"error\":{\"reason\":\"UserNotFound\",\"message\":\"no user bob\"}}", ""),
        Reason.UserNotFound,
        "no user bob");
  }

  @Test
  void aReasonThatTheGuestInventsIsNotTaken() {
    fails(
        new CommandResult(1, "{\"error\":{\"reason\":\"SealProven\",\"message\":\"x\"}}", ""),
        Reason.ProvisioningFailed,
        "x");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "garbage",
        "{\"digest\":7}",
        "{\"error\":\"text\"}",
        "{\"digest\":"
      })
  void whatIsNoAnswerIsAFailure(String answer) {
    fails(new CommandResult(0, answer, "last words"), Reason.ProvisioningFailed, "last words");
  }

  @Test
  void aHugeDirtyAnswerIsCut() {
    String dirty = "\\u001b[2J\\n" + "z".repeat(100_000);
    fails(
        new CommandResult(1, "{\"error\":{\"message\":\"" + dirty + "\"}}", ""),
        Reason.ProvisioningFailed,
        "zzz");
    fails(
        new CommandResult(1, "{\"digest\":\"" + dirty + "\"}", ""), Reason.ProvisioningFailed, "");
    fails(
        new CommandResult(0, "{\"digest\":\"" + dirty + "\"}", ""),
        Reason.ProvisioningFailed,
        "zzz");
  }

  @Test
  void aRightDigestWithABadExitIsAFailure() throws Exception {
    String digest = new GuestStream(MATERIAL).digest();
    fails(
        new CommandResult(1, "{\"digest\":\"" + digest + "\"}", "disk full"),
        Reason.ProvisioningFailed,
        "disk full");
  }
}
