package dev.bottle.operator.render;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.guest.GuestFiles;
import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.operator.fixture.World;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SuperviseAccessTest {
  private static World supervised() {
    return World.fresh().edit("/spec/supervise", Map.of("enabled", true));
  }

  private static GuestFiles guest(Bottle bottle) throws MalformedDocumentException {
    return GuestFiles.parse(document(GuestRenderer.render(bottle)));
  }

  private static byte[] document(SortedMap<String, String> files) {
    return files.getOrDefault(GuestRenderer.GUEST_FILE, "").getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void theAgentOfASupervisedBottleHasSupervise() throws MalformedDocumentException {
    assertThat(guest(supervised().bottle).mcpServers())
        .containsExactly(Map.entry("bottle", "http://127.0.0.1:9100/mcp"));
  }

  @Test
  void whatIsNotSupervisedHasTheGuestThatItHad() {
    World plain = World.fresh();
    World off = World.fresh().edit("/spec/supervise", Map.of("enabled", false));

    SortedMap<String, String> files = GuestRenderer.render(plain.bottle);
    assertThat(files.get(GuestRenderer.GUEST_FILE)).doesNotContain("mcpServers");
    assertThat(GuestRenderer.render(off.bottle)).isEqualTo(files);
    assertThat(GuestRenderer.hash(GuestRenderer.render(supervised().bottle)))
        .isNotEqualTo(GuestRenderer.hash(files));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "internal.example | internal.example,127.0.0.1",
        "127.0.0.11 | 127.0.0.11,127.0.0.1",
        "'a, 127.0.0.1' | 'a, 127.0.0.1'",
      })
  void anAuthorsNoProxyDoesNotPutTheProxyBetween(String written, String meant)
      throws MalformedDocumentException {
    List<Map<String, String>> variables = List.of(Map.of("name", "NO_PROXY", "value", written));

    assertThat(
            guest(supervised().edit("/spec/agent", Map.of("env", variables)).bottle).environment())
        .containsEntry("NO_PROXY", meant)
        .containsEntry("no_proxy", "localhost,127.0.0.1,::1");
    assertThat(
            guest(World.fresh().edit("/spec/agent", Map.of("env", variables)).bottle).environment())
        .containsEntry("NO_PROXY", written);
  }
}
