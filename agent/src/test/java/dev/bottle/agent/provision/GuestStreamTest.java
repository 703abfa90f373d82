package dev.bottle.agent.provision;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.json.Sha256;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;

class GuestStreamTest {
  private static Bytes bytes(String text) {
    return new Bytes(text.getBytes(UTF_8));
  }

  @Provide
  Arbitrary<GuestMaterial> materials() {
    Arbitrary<Bytes> content =
        Arbitraries.bytes().array(byte[].class).ofMaxSize(600).map(Bytes::new);
    Arbitrary<String> name =
        Arbitraries.strings()
            .withCharRange('a', 'z')
            .withChars("._-AZ09")
            .ofMinLength(1)
            .ofMaxLength(150)
            .filter(text -> !text.startsWith("."));
    Arbitrary<Map<String, Bytes>> skills =
        Arbitraries.maps(name.map(file -> "review/" + file), content).ofMaxSize(4);
    return Combinators.combine(content, content, content, skills)
        .as((json, prompt, certificate, files) ->
            new GuestMaterial("h", json, prompt, certificate, new TreeMap<>(files)));
  }

  private static Map<String, byte[]> entries(GuestStream stream) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (TarArchiveInputStream in =
        new TarArchiveInputStream(new ByteArrayInputStream(stream.bytes()))) {
      for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        assertThat(entry.isFile()).isTrue();
        assertThat(entry.getLastModifiedTime().toMillis()).isZero();
        assertThat(entry.getLongUserId()).isZero();
        assertThat(entry.getLongGroupId()).isZero();
        assertThat(entry.getUserName()).isEmpty();
        entries.put(entry.getName(), in.readAllBytes());
      }
    }
    return entries;
  }

  @Property(tries = 200)
  void theSameMaterialGivesTheSameBytesAndEverythingArrives(
      @ForAll("materials") GuestMaterial material) throws IOException {
    GuestStream stream = new GuestStream(material);
    GuestStream again =
        new GuestStream(
            new GuestMaterial(
                "another hash",
                new Bytes(material.guestJson().toArray()),
                new Bytes(material.prompt().toArray()),
                new Bytes(material.certificate().toArray()),
                new TreeMap<>(material.skills())));
    assertThat(again.bytes()).isEqualTo(stream.bytes());
    assertThat(stream.digest()).isEqualTo("sha256:" + Sha256.hex(stream.bytes()));

    Map<String, byte[]> entries = entries(stream);
    assertThat(entries.keySet()).startsWith("guest.json", "prompt.text", "ca.pem");
    assertThat(entries).hasSize(3 + material.skills().size());
    assertThat(entries.get("guest.json")).isEqualTo(material.guestJson().toArray());
    assertThat(entries.get("prompt.text")).isEqualTo(material.prompt().toArray());
    assertThat(entries.get("ca.pem")).isEqualTo(material.certificate().toArray());
    material
        .skills()
        .forEach((name, content) ->
            assertThat(entries.get("skills/" + name)).isEqualTo(content.toArray()));
  }

  @Property(tries = 200)
  void anotherPromptIsAnotherDigest(@ForAll("materials") GuestMaterial material)
      throws IOException {
    byte[] prompt =
        java.util.Arrays.copyOf(material.prompt().toArray(), material.prompt().length() + 1);
    GuestMaterial other =
        new GuestMaterial(
            material.guestHash(),
            material.guestJson(),
            new Bytes(prompt),
            material.certificate(),
            material.skills());
    assertThat(new GuestStream(other).digest()).isNotEqualTo(new GuestStream(material).digest());
  }

  @Test
  void theBytesAreAPlainTarWithAPrivatePrompt() throws IOException {
    GuestStream stream =
        new GuestStream(
            new GuestMaterial("h", bytes("{}"), bytes("secret"), bytes("pem"), new TreeMap<>()));
    try (TarArchiveInputStream in =
        new TarArchiveInputStream(new ByteArrayInputStream(stream.bytes()))) {
      assertThat(in.getNextEntry().getMode()).isEqualTo(0100644);
      assertThat(in.getNextEntry().getMode()).isEqualTo(0100600);
    }
    assertThat(stream.bytes().length % 512).isZero();
  }

  @Test
  void aPrivatePromptIsNeverPrinted() {
    GuestMaterial material =
        new GuestMaterial("h", bytes("{}"), bytes("secret"), bytes("pem"), new TreeMap<>());
    assertThat(material.toString() + material.prompt()).doesNotContain("secret");
  }
}
