package dev.bottle.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OperatorSettingsTest {
  @Test
  void theImageIsEnough() {
    OperatorSettings settings = OperatorSettings.from(Map.of("BUNDLE_IMAGE", "r.test/b:1"));

    assertThat(settings.bundleImage()).isEqualTo("r.test/b:1");
    assertThat(settings.namespace()).isEqualTo("bottle-system");
    assertThat(settings.leaderElection()).isTrue();
    assertThat(settings.healthPort()).isEqualTo(8080);
    assertThat(settings.serviceAddress()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "BUNDLE_IMAGE, ''",
    "LEADER_ELECTION, maybe",
    "HEALTH_PORT, http",
    "HEALTH_PORT, 65536",
    "HEALTH_PORT, -1"
  })
  void whatIsWrongIsNamedByItsVariable(String name, String value) {
    Map<String, String> environment = new HashMap<>(Map.of("BUNDLE_IMAGE", "r.test/b:1"));
    environment.put(name, value);

    assertThatThrownBy(() -> OperatorSettings.from(environment))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(name + " ");
  }
}
