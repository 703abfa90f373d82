package dev.bottle.crd.guest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bottle.crd.json.MalformedDocumentException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuestFilesTest {
  private static final GuestFiles EXAMPLE =
      new GuestFiles(
          1,
          null,
          null,
          null,
          List.of("review"),
          Map.of("B", "2", "A", "1"),
          PromptKind.Text,
          Map.of());

  @Test
  void absentValuesAreNullAndKeysSorted() {
    assertThat(new String(EXAMPLE.toJson(), UTF_8))
        .isEqualTo(
            "{\"environment\":{\"A\":\"1\",\"B\":\"2\"},\"prompt\":\"Text\",\"skills\":[\"review\"],"
                + "\"skillsDir\":null,\"user\":null,\"version\":1,\"workdir\":null}");
  }

  @Test
  void mcpServersAreSortedAndLeftOutWhenThereAreNone() throws MalformedDocumentException {
    Map<String, String> servers = new LinkedHashMap<>();
    servers.put("bottle", "http://127.0.0.1:9100/mcp");
    servers.put("a", "http://127.0.0.1:1/mcp");
    GuestFiles files =
        new GuestFiles(1, null, null, null, List.of(), Map.of(), PromptKind.None, servers);

    String document = new String(files.toJson(), UTF_8);
    assertThat(document)
        .isEqualTo(
            "{\"environment\":{},\"mcpServers\":{\"a\":\"http://127.0.0.1:1/mcp\","
                + "\"bottle\":\"http://127.0.0.1:9100/mcp\"},\"prompt\":\"None\",\"skills\":[],"
                + "\"skillsDir\":null,\"user\":null,\"version\":1,\"workdir\":null}");
    assertThat(GuestFiles.parse(EXAMPLE.toJson()).mcpServers()).isEmpty();
  }

  @Test
  void theOrderOfTheEnvironmentDoesNotChangeTheHash() {
    Map<String, String> reversed = new LinkedHashMap<>();
    reversed.put("B", "2");
    reversed.put("A", "1");
    GuestFiles same =
        new GuestFiles(1, null, null, null, List.of("review"), reversed, PromptKind.Text, Map.of());

    assertThat(same.toJson()).isEqualTo(EXAMPLE.toJson());
  }

  @Test
  void theHashTellsFilesAndPromptApart() {
    byte[] none = {};
    String hash = GuestFiles.hash("a".getBytes(UTF_8), "b".getBytes(UTF_8));

    // printf 'a\0b' | sha256sum
    assertThat(hash).isEqualTo("59b271ae1bbcb1d31d41929817f4b16fb439eb4f31520b5ad1d5ce98920a7138");
    assertThat(GuestFiles.hash("ab".getBytes(UTF_8), none)).isNotEqualTo(hash);
    assertThat(GuestFiles.hash("a".getBytes(UTF_8), none)).isNotEqualTo(hash);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "null",
        "[]",
        "",
        "{\"version\":1,\"skills\":[],\"environment\":{}}",
        "{\"version\":1,\"skills\":[],\"environment\":{},\"prompt\":\"text\"}",
        "{\"version\":1,\"skills\":[],\"environment\":{},\"prompt\":0}",
        "{\"version\":1,\"skills\":[],\"environment\":{\"A\":null},\"prompt\":\"Text\"}",
        "{\"version\":1,\"skills\":[],\"environment\":{\"A\":1},\"prompt\":\"Text\"}",
        "{\"version\":1,\"skills\":[],\"environment\":{},\"prompt\":\"Text\"} {}",
        "{\"version\":1,\"skills\":[],\"environment\":{},\"prompt\":\"None\",\"mcpServers\":[]}",
        "{\"version\":1,\"skills\":[],\"environment\":{},\"prompt\":\"None\",\"mcpServers\":{\"a\":null}}",
        "{\"version\":3,\"skills\":[],\"environment\":{},\"prompt\":\"Text\"}",
      })
  void whatIsNotExactlyGuestJsonIsRefused(String document) {
    assertThatThrownBy(() -> GuestFiles.parse(document.getBytes(UTF_8)))
        .isInstanceOf(MalformedDocumentException.class);
  }

  @Test
  void aRefusalQuotesNoValue() {
    assertThatThrownBy(() -> GuestFiles.parse("{\"secret-key\":\"secret-value\"}".getBytes(UTF_8)))
        .isInstanceOf(MalformedDocumentException.class)
        .message()
        .doesNotContain("secret");
  }

  @Property
  void everyGuestJsonIsReadBack(@ForAll("files") GuestFiles files)
      throws MalformedDocumentException {
    byte[] document = files.toJson();
    GuestFiles read = GuestFiles.parse(document);

    assertThat(read).isEqualTo(files);
    assertThat(read.toJson()).isEqualTo(document);
  }

  @Provide
  Arbitrary<GuestFiles> files() {
    Arbitrary<String> text = Arbitraries.strings().ofMaxLength(20);
    return Combinators.combine(
            text.injectNull(0.3),
            text.injectNull(0.3),
            text.injectNull(0.3),
            text.list().ofMaxSize(4),
            Arbitraries.maps(text, text).ofMaxSize(5),
            Arbitraries.of(PromptKind.class),
            Arbitraries.maps(text, text).ofMaxSize(2))
        .as((user, workdir, skillsDir, skills, environment, prompt, servers) ->
            new GuestFiles(1, user, workdir, skillsDir, skills, environment, prompt, servers));
  }
}
