package dev.bottle.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgentConfigTest {
  @Test
  void onlyTheNodesNameIsNeeded() {
    AgentConfig config = AgentConfig.of(Map.of("NODE_NAME", "node-1"));
    assertThat(config.hostProcess()).isEqualTo("1");
    assertThat(config.healthPort()).isEqualTo(8080);
    assertThat(config.apiServer()).isEmpty();
    assertThat(config.nodeAddresses()).isEmpty();
    assertThat(config.podUid()).isEmpty();
    assertThat(config.machinesMax()).isEmpty();
    assertThat(config.devicePlugins()).hasToString("/var/lib/kubelet/device-plugins");
    assertThatThrownBy(() -> AgentConfig.of(Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("NODE_NAME");
  }

  @Test
  void anEmptySettingOfTheDaemonSetIsNone() {
    AgentConfig config =
        AgentConfig.of(Map.of("NODE_NAME", "n", "MACHINES_MAX", "", "POD_UID", ""));
    assertThat(config.podUid()).isEmpty();
    assertThat(config.machinesMax()).isEmpty();
    assertThat(AgentConfig.of(Map.of("NODE_NAME", "n", "MACHINES_MAX", "7")).machinesMax())
        .hasValue(7);
  }

  @Test
  void addressesMayBeOfBothFamilies() {
    AgentConfig config =
        AgentConfig.of(
            Map.of(
                "NODE_NAME",
                "n",
                "NODE_IPS",
                "10.0.0.7, fd00::7,",
                "KUBERNETES_SERVICE_HOST",
                "fd00::1",
                "KUBERNETES_SERVICE_PORT",
                "6443"));
    assertThat(config.nodeAddresses()).containsExactly("10.0.0.7", "fd00::7");
    assertThat(config.apiServer()).contains("[fd00::1]:6443");
  }

  @ParameterizedTest
  @CsvSource({
    "HOST_PID,one",
    "HOST_PID,0",
    "HOST_PID,-1",
    "MACHINES_MAX,0",
    "MACHINES_MAX,10000",
    "MACHINES_MAX,many",
    "HEALTH_PORT,65536",
    "HEALTH_PORT,99999999999",
    "HOST_NAMESPACES,docker"
  })
  void aWrongSettingIsNamedWithItsRemedy(String name, String value) {
    assertThatThrownBy(() -> AgentConfig.of(Map.of("NODE_NAME", "n", name, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name)
        .hasMessageContaining(value)
        .hasMessageContaining("must be");
  }
}
