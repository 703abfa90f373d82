package dev.bottle.operator.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.names.Names;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdminRegistriesTest {
  private static AdminConfig.Result read(String document) {
    return AdminConfigReader.read(
        new ConfigMapBuilder().addToData(Names.ADMIN_CONFIG_KEY, document).build());
  }

  @Test
  void registriesOpenNothingInTheOperator() {
    assertThat(read("registries: [\"127.0.0.1:5000\", \"[::1]:5000\"]"))
        .isEqualTo(new AdminConfig.Valid(AdminConfig.NONE));
    assertThat(read("registries:")).isEqualTo(new AdminConfig.Valid(AdminConfig.NONE));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "registries: [\"a:1\", registry.example];registries[1]: 'registry.example' is not"
            + " host:port",
        "registries: [~];registries[0] is empty",
        "registries: [\"http://a:1\"];registries[0]: 'http://a:1' is not host:port"
      })
  void anAdminIsToldOfAnError(String document, String message) {
    assertThat(read(document))
        .isInstanceOfSatisfying(
            AdminConfig.Invalid.class,
            invalid -> assertThat(invalid.message()).contains("config.yaml: " + message));
  }
}
