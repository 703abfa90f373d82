package dev.bottle.agent.provision;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.agent.testing.FakeKubelet;
import dev.bottle.agent.volume.PodVolume;
import dev.bottle.agent.volume.PodVolumes;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.guest.GuestFiles;
import dev.bottle.crd.guest.PromptKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MaterialReaderTest {
  private static final String POD = "pod-1";

  @TempDir Path temp;
  private FakeKubelet kubelet;
  private MaterialReader reader;

  @BeforeEach
  void prepare() throws IOException {
    kubelet = new FakeKubelet(temp);
    reader = new MaterialReader(new PodVolumes(kubelet.pods(), POD));
    Files.writeString(kubelet.emptyDir(POD, "trust").resolve("egress-ca.pem"), "pem");
  }

  private static String guestJson(PromptKind prompt, String... skills) {
    return new String(
        new GuestFiles(1, null, null, null, List.of(skills), Map.of(), prompt, Map.of()).toJson(),
        UTF_8);
  }

  private void guest(PromptKind prompt, Map<String, String> more, String... skills) {
    Map<String, String> files = new TreeMap<>(more);
    files.put("guest.json", guestJson(prompt, skills));
    var _ = kubelet.projected(POD, "guest", files);
  }

  private GuestMaterial complete() {
    assertThat(reader.read()).isInstanceOf(MaterialResult.Complete.class);
    return ((MaterialResult.Complete) reader.read()).material();
  }

  private void incomplete(Reason reason, String message) {
    assertThat(reader.read())
        .isInstanceOfSatisfying(
            MaterialResult.Incomplete.class,
            result -> {
              assertThat(result.reason()).isEqualTo(reason);
              assertThat(result.message()).contains(message).doesNotContain("\n");
            });
  }

  @Test
  void readsPromptSkillsAndCertificate() {
    guest(PromptKind.Text, Map.of("prompt.text", "be kind"), "review");
    var _ = kubelet.configMap(POD, "skill-review", Map.of("SKILL.md", "# review"));
    GuestMaterial material = complete();
    assertThat(material.prompt()).isEqualTo(new Bytes("be kind".getBytes(UTF_8)));
    assertThat(material.certificate()).isEqualTo(new Bytes("pem".getBytes(UTF_8)));
    assertThat(material.skills()).containsOnlyKeys("review/SKILL.md");
    assertThat(material.guestHash())
        .isEqualTo(
            GuestFiles.hash(
                guestJson(PromptKind.Text, "review").getBytes(UTF_8), "be kind".getBytes(UTF_8)));
  }

  @Test
  void aReferencedPromptIsNotInTheHash() {
    guest(PromptKind.Reference, Map.of("prompt.text", "private"));
    assertThat(complete().guestHash())
        .isEqualTo(GuestFiles.hash(guestJson(PromptKind.Reference).getBytes(UTF_8), new byte[0]));
    assertThat(complete().prompt().length()).isPositive();
  }

  @Test
  void withoutAPromptTheFileIsEmpty() {
    guest(PromptKind.None, Map.of());
    assertThat(complete().prompt().length()).isZero();
    guest(PromptKind.None, Map.of("prompt.text", "left over"));
    assertThat(complete().prompt().length()).isZero();
  }

  @Test
  void aMissingKeyOfThePromptIsNamed() {
    guest(PromptKind.Reference, Map.of());
    incomplete(Reason.PromptMissing, "spec.agent.prompt");
  }

  @Test
  void anInlinePromptThatIsNotThereYetIsAwaited() {
    guest(PromptKind.Text, Map.of());
    incomplete(Reason.WaitingForVolume, "prompt.text");
  }

  @Test
  void aMissingSkillIsNamed() {
    guest(PromptKind.None, Map.of(), "review", "absent");
    var _ = kubelet.configMap(POD, "skill-review", Map.of("SKILL.md", "# review"));
    incomplete(Reason.WaitingForVolume, "skill-absent");
    var _ = kubelet.configMap(POD, "skill-absent", Map.of()); // optional, and not there
    incomplete(Reason.SkillMissing, "absent");
  }

  @Test
  void volumesThatAreNotThereYetAreAwaited() throws IOException {
    incomplete(Reason.WaitingForVolume, "");
    guest(PromptKind.None, Map.of());
    Files.delete(kubelet.emptyDir(POD, "trust").resolve("egress-ca.pem"));
    incomplete(Reason.WaitingForVolume, "tls-init");
  }

  @Test
  void aPromptBeyondTheCapIsRefused() {
    guest(PromptKind.Text, Map.of("prompt.text", "x".repeat(PodVolume.MAX_FILE_BYTES + 1)));
    incomplete(Reason.UntrustedVolume, "larger than");
  }

  @Test
  void aTamperedCertificateIsRefused() throws IOException {
    guest(PromptKind.None, Map.of());
    Path trust = kubelet.emptyDir(POD, "trust");
    Files.delete(trust.resolve("egress-ca.pem"));
    Path canary = Files.writeString(temp.resolve("canary"), "canary");
    Files.createSymbolicLink(trust.resolve("egress-ca.pem"), canary);
    incomplete(Reason.UntrustedVolume, "egress-ca.pem: a link");
  }

  @Test
  void aGuestJsonThatIsNoneIsAnErrorWithoutItsContent() {
    var _ = kubelet.projected(POD, "guest", Map.of("guest.json", "{\"secret\":"));
    incomplete(Reason.ProvisioningFailed, "guest.json");
  }

  @Test
  void watchesWhatExists() {
    assertThat(reader.watched()).containsExactly(kubelet.emptyDir(POD, "trust"));
    guest(PromptKind.None, Map.of(), "review", "absent");
    Path skill = kubelet.configMap(POD, "skill-review", Map.of("SKILL.md", "# review"));
    assertThat(reader.watched()).hasSize(3).contains(skill);
  }
}
