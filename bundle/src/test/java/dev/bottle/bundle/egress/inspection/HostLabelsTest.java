package dev.bottle.bundle.egress.inspection;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostLabelsTest {
  private static final String SUFFIX = "example.org";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mzxw6ytboi2gk4tbnrsxg2lomruw4zzb",
        "6f70656e5f736573616d655f31393834ab37c2d9",
        "q7zk2lw9xv.4tn8rb1yd6.hc3mf5gs0jp",
        "a-very-long-name.that-goes-on-and-on.with-many-words.and-then-some-more",
      })
  void dataIsSeen(String variable) {
    assertThat(HostLabels.carryData(variable + "." + SUFFIX, SUFFIX)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "www",
        "my-company-production-bucket",
        "d111111abcdef8",
        "s3.eu-central-1",
        "dkr.ecr.us-east-1",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        "release-2026-11-25-frontend",
        "productionblobstorage01",
      })
  void ordinaryNamesPass(String variable) {
    assertThat(HostLabels.carryData(variable + "." + SUFFIX, SUFFIX)).isFalse();
  }
}
