package dev.bottle.system.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Dependencies point one way: operator, agent and bundle know crd, and nobody knows them. */
class DependencyDirectionTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.bottle");

  @Test
  void thereIsSomethingToCheck() {
    assertThat(CLASSES.contain("dev.bottle.crd.api.Bottle")).isTrue();
  }

  @Test
  void crdKnowsNoOtherModule() {
    noClasses()
        .that()
        .resideInAPackage("dev.bottle.crd..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.bottle.operator..",
            "dev.bottle.agent..",
            "dev.bottle.bundle..",
            "dev.bottle.system..")
        .check(CLASSES);
  }

  @ParameterizedTest
  @CsvSource({"operator,agent,bundle", "agent,operator,bundle", "bundle,operator,agent"})
  void theProgramsKnowCrdOnly(String module, String other, String another) {
    noClasses()
        .that()
        .resideInAPackage("dev.bottle." + module + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.bottle." + other + "..", "dev.bottle." + another + "..", "dev.bottle.system..")
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void whatTheDaemonsReadNeedsNoKubernetesClient() {
    // The bundle image has no fabric8; neither the documents nor the reasons may need it.
    noClasses()
        .that()
        .resideInAnyPackage(
            "dev.bottle.crd.policy..",
            "dev.bottle.crd.guest..",
            "dev.bottle.crd.control..",
            "dev.bottle.crd.json..",
            "dev.bottle.crd.names..",
            "dev.bottle.bundle..")
        .or()
        .haveSimpleName("Reason")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.fabric8..", "dev.bottle.crd.api..", "dev.bottle.crd.schema..")
        .check(CLASSES);
  }

  @Test
  void onlyTheApiRecordsAreCompletedByTheSchema() {
    classes()
        .that()
        .resideInAPackage("dev.bottle.crd.schema..")
        .should()
        .onlyHaveDependentClassesThat()
        .resideInAnyPackage("dev.bottle.crd.schema..", "dev.bottle.crd.api..")
        .check(CLASSES);
  }

  @ParameterizedTest
  @CsvSource({"crd", "operator"})
  void thePackagesOfAModuleFormNoCycle(String module) {
    slices()
        .matching("dev.bottle." + module + ".(*)..")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .check(CLASSES);
  }
}
