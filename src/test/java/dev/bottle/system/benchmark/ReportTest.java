package dev.bottle.system.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
  private final Report report =
      new Report(
          Map.of("machine", "a test"),
          List.of("direct", "egress", "mitmproxy"),
          List.of(
              Figure.most("latency", "ms", 0.7).with("egress", 0.5).with("mitmproxy", 2.0),
              Figure.least("download", "MB/s", 500.0).with("direct", 900.0).with("egress", 450.0)));

  @Test
  void theTableHasValuesRatiosAndWhatMissesItsTarget() {
    assertThat(report.table())
        .isEqualTo(
            """
            | | direct | egress | mitmproxy | target | egress ÷ direct | egress ÷ mitmproxy |
            |---|--:|--:|--:|--:|--:|--:|
            | latency, ms |  | 0.50 | 2.00 | ≤ 0.70 |  | 0.25 |
            | download, MB/s | 900 | 450 |  | ≥ 500, **missed** | 0.50 |  |
            """);
  }

  @Test
  void theDocumentSaysTheSame() throws IOException {
    JsonNode download = new ObjectMapper().readTree(report.json()).get("figures").get(1);

    assertThat(download.get("reached").asBoolean()).isFalse();
    assertThat(download.get("egressDividedBy").get("direct").asDouble()).isEqualTo(0.5);
  }

  @Test
  void onlyWhatIsBetweenTheMarksOfThePageIsReplaced(@TempDir Path home) throws IOException {
    Path page = home.resolve("page.md");
    Files.writeString(
        page, "before\n<!-- generated: begin -->\nold\n<!-- generated: end -->\nbehind\n");

    report.into(page);

    assertThat(Files.readString(page))
        .startsWith("before\n<!-- generated: begin -->\n* machine: a test\n")
        .contains("| latency, ms |")
        .doesNotContain("old")
        .endsWith("<!-- generated: end -->\nbehind\n");
  }

  @Test
  void aPageWithoutMarksIsNotTouched(@TempDir Path home) throws IOException {
    Path page = Files.writeString(home.resolve("page.md"), "mine");

    assertThatThrownBy(() -> report.into(page)).hasMessageContaining("generated: begin");
    assertThat(page).hasContent("mine");
  }
}
