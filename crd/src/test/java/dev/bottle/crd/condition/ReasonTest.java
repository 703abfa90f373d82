package dev.bottle.crd.condition;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReasonTest {
  private static final Path PAGE = Path.of("../docs/reasons.md");

  @Test
  void thePageHasExactlyTheReasonsInTheirOrder() throws IOException {
    assertThat(sections().keySet())
        .as("the sections of %s", PAGE)
        .containsExactlyElementsOf(List.of(Reason.values()).stream().map(Reason::name).toList());
  }

  @ParameterizedTest
  @EnumSource
  void aSectionSaysCauseRemedyAndCommand(Reason reason) throws IOException {
    assertThat(sections().getOrDefault(reason.name(), ""))
        .as("section %s of %s", reason, PAGE)
        .contains("**Cause.** " + reason.cause() + "\n")
        .contains("**Remedy.** " + reason.remedy() + "\n")
        .containsPattern("```sh\nkubectl [^`]+\n```");
  }

  @Test
  void thePluginOfKubectlKnowsEveryRemedy() throws IOException {
    assertThat(Files.readAllLines(Path.of("../deploy/bin/kubectl-bottle.reasons")))
        .containsExactlyElementsOf(
            Arrays.stream(Reason.values())
                .map(reason -> reason.name() + "\t" + reason.remedy())
                .toList());
  }

  @ParameterizedTest
  @EnumSource
  void aReasonIsWhatAConditionTakes(Reason reason) {
    // metav1.Condition: CamelCase, at most 1,024 characters.
    assertThat(reason.name()).matches("[A-Z][A-Za-z0-9]{1,62}");
    assertThat(reason.cause()).endsWith(".");
    assertThat(reason.remedy()).endsWith(".");
  }

  private static Map<String, String> sections() throws IOException {
    Map<String, String> sections = new LinkedHashMap<>();
    Arrays.stream(Files.readString(PAGE).split("(?m)^## ", -1))
        .skip(1)
        .forEach(section -> {
          int end = section.indexOf('\n');
          sections.put(section.substring(0, end), section.substring(end));
        });
    return sections;
  }
}
