package dev.bottle.operator.golden;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.bottle.operator.OperatorClient;
import dev.bottle.operator.admin.AdminConfig;
import dev.bottle.operator.decide.Plan;
import dev.bottle.operator.decide.PodStep;
import dev.bottle.operator.fixture.World;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What the operator makes of whole Bottles, read by people; see the README beside the cases. */
class GoldenTest {
  private static final ObjectMapper YAML =
      YAMLMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();
  private static final boolean UPDATE = Boolean.getBoolean("golden.update");

  @TestFactory
  List<DynamicTest> whatIsRendered() throws JsonProcessingException {
    List<DynamicTest> tests = new ArrayList<>();
    for (GoldenCase golden : GoldenCase.all()) {
      rendered(golden)
          .forEach((file, text) ->
              tests.add(
                  DynamicTest.dynamicTest(
                      golden.name() + "/" + file, () -> compare(golden, file, text))));
    }
    return tests;
  }

  @Test
  void theCasesAreThere() {
    assertThat(GoldenCase.all())
        .extracting(GoldenCase::name)
        .contains(
            "minimal",
            "everything",
            "private-destinations",
            "scheduling",
            "secret-prompt",
            "configmap-prompt",
            "placed",
            "routes",
            "pipelock",
            "pipelock-private",
            "granted");
  }

  private static void compare(GoldenCase golden, String file, String text) {
    if (UPDATE) {
      golden.write(file, text);
    }
    assertThat(golden.read(file)).isEqualTo(text);
  }

  /** Files by name. */
  private static Map<String, String> rendered(GoldenCase golden) throws JsonProcessingException {
    World world = golden.world();
    assertThat(world.admin).isInstanceOf(AdminConfig.Valid.class);
    Plan.Converge plan = (Plan.Converge) world.plan();
    List<HasMetadata> objects = plan.apply();
    Map<String, String> files = new TreeMap<>();
    files.put("networkpolicy.yaml", yaml(objects.get(0)));
    files.put("policy-configmap.yaml", yaml(objects.get(1)));
    files.put("guest-configmap.yaml", yaml(objects.get(2)));
    files.put("pod.yaml", yaml(((PodStep.Create) plan.pod()).pod()));
    return files;
  }

  /** Keys sorted: maps of the JDK have another order in every process. */
  private static String yaml(HasMetadata object) throws JsonProcessingException {
    return YAML.writeValueAsString(
        OperatorClient.serialization().convertValue(object, TreeMap.class));
  }
}
