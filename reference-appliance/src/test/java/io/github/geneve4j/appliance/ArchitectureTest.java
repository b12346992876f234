package io.github.geneve4j.appliance;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The arrows between the rooms of this house; they point one way. */
class ArchitectureTest {
    private static final String ROOT = "io.github.geneve4j.";

    private static JavaClasses house;

    @BeforeAll
    static void read() {
        house =
                new ClassFileImporter()
                        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                        .importPackages("io.github.geneve4j");
    }

    @Test
    void seesEveryModule() {
        for (String module :
                new String[] {
                    "geneve", "gwlb", "flow", "packets", "io", "config", "simulator", "appliance"
                }) {
            assertThat(house.stream().anyMatch(c -> c.getName().startsWith(ROOT + module + ".")))
                    .as(module)
                    .isTrue();
        }
    }

    @Test
    void modulesDependOneWay() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("geneve")
                .definedBy(ROOT + "geneve..")
                .layer("gwlb")
                .definedBy(ROOT + "gwlb..")
                .layer("flow")
                .definedBy(ROOT + "flow..")
                .layer("packets")
                .definedBy(ROOT + "packets..")
                .layer("io")
                .definedBy(ROOT + "io..")
                .layer("config")
                .definedBy(ROOT + "config..")
                .layer("simulator")
                .definedBy(ROOT + "simulator..")
                .layer("appliance")
                .definedBy(ROOT + "appliance..")
                .whereLayer("geneve")
                .mayOnlyBeAccessedByLayers("gwlb", "packets", "simulator", "appliance")
                .whereLayer("gwlb")
                .mayOnlyBeAccessedByLayers("simulator", "appliance")
                .whereLayer("flow")
                .mayOnlyBeAccessedByLayers("packets", "simulator", "appliance")
                .whereLayer("packets")
                .mayOnlyBeAccessedByLayers("simulator", "appliance")
                .whereLayer("io")
                .mayOnlyBeAccessedByLayers("simulator", "appliance")
                .whereLayer("config")
                .mayOnlyBeAccessedByLayers("simulator", "appliance")
                .whereLayer("simulator")
                .mayOnlyBeAccessedByLayers("appliance")
                .whereLayer("appliance")
                .mayNotBeAccessedByAnyLayer()
                .check(house);
    }

    /** The appliance and the load balancer that tests it meet on the wire only. */
    @Test
    void theSimulatorIsKnownToCommandLineAndDemoOnly() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + "appliance..")
                .and()
                .resideOutsideOfPackages(ROOT + "appliance.cli..", ROOT + "appliance.demo..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + "simulator..")
                .check(house);
    }

    /** The engine and its faults are pure; the rooms around them deal with the world. */
    @Test
    void theEngineKnowsNoRoomAroundIt() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + "simulator")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        ROOT + "simulator.fault..",
                        ROOT + "simulator.health..",
                        ROOT + "simulator.wire..",
                        ROOT + "simulator.topology..",
                        ROOT + "simulator.conform..",
                        ROOT + "simulator.load..",
                        ROOT + "io..")
                .check(house);
    }

    /** Under the same calls the load balancer does the same: it reads no clock. */
    @Test
    void roomsOfTheSimulatorDependOneWay() {
        String simulator = ROOT + "simulator";
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("engine")
                .definedBy(simulator)
                .layer("fault")
                .definedBy(simulator + ".fault..")
                .layer("topology")
                .definedBy(simulator + ".topology..")
                .layer("health")
                .definedBy(simulator + ".health..")
                .layer("wire")
                .definedBy(simulator + ".wire..")
                .layer("conform")
                .definedBy(simulator + ".conform..")
                .whereLayer("conform")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("wire")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("health")
                .mayOnlyBeAccessedByLayers("wire", "conform")
                .whereLayer("topology")
                .mayOnlyBeAccessedByLayers("wire")
                .whereLayer("fault")
                .mayOnlyBeAccessedByLayers("topology", "wire")
                .check(house);
        noClasses()
                .that()
                .resideInAnyPackage(simulator, simulator + ".fault..", simulator + ".topology..")
                .should()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Thread.class)
                .check(house);
    }

    @Test
    void roomsOfTheApplianceDependOneWay() {
        String appliance = ROOT + "appliance";
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("loop")
                .definedBy(appliance)
                .layer("inspect")
                .definedBy(appliance + ".inspect..")
                .layer("track")
                .definedBy(appliance + ".track..")
                .layer("policy")
                .definedBy(appliance + ".policy..")
                .layer("domain")
                .definedBy(appliance + ".domain..")
                .layer("firewall")
                .definedBy(appliance + ".firewall..")
                .layer("ops")
                .definedBy(appliance + ".ops..")
                .layer("demo")
                .definedBy(appliance + ".demo..")
                .layer("cli")
                .definedBy(appliance + ".cli..")
                .whereLayer("cli")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("demo")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("ops")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("firewall")
                .mayOnlyBeAccessedByLayers("cli", "ops", "domain")
                .whereLayer("track")
                .mayOnlyBeAccessedByLayers("cli", "firewall", "domain")
                .whereLayer("policy")
                .mayOnlyBeAccessedByLayers("cli", "firewall")
                .whereLayer("domain")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("inspect")
                .mayOnlyBeAccessedByLayers("cli", "demo")
                .check(house);
    }

    @Test
    void packagesHaveNoCircles() {
        SlicesRuleDefinition.slices()
                .matching(ROOT + "(**)")
                .should()
                .beFreeOfCycles()
                .check(house);
    }

    @Test
    void librariesAndEngineNeitherLogNorReadClocksNorStartThreads() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        ROOT + "geneve..",
                        ROOT + "gwlb..",
                        ROOT + "flow..",
                        ROOT + "simulator",
                        ROOT + "simulator.fault..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.util.logging..",
                        "org.slf4j..",
                        "java.util.concurrent..",
                        "java.time..")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "getProperty", String.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Thread.class)
                .check(house);
    }

    @Test
    void librariesDependOnNettyBuffersAndJspecifyOnly() {
        classes()
                .that()
                .resideInAnyPackage(ROOT + "geneve..", ROOT + "gwlb..", ROOT + "flow..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "io.netty.buffer..",
                        "io.netty.util..",
                        "org.jspecify..",
                        "io.github.geneve4j..")
                .check(house);
    }
}
