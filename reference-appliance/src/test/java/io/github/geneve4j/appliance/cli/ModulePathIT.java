package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The jars that the launcher puts on the module path, as the build has left them. */
class ModulePathIT {
    private static final Path MODULES =
            Path.of(System.getProperty("geneve4j.root"), "reference-appliance/target/modules");
    private static final int OLDEST_IN_CACHE = 50; // Java 6

    /** The JVM keeps no older class in an AOT cache, and tells nobody. */
    @Test
    void allClassesCanBeInTheCache() throws IOException {
        List<String> old = new ArrayList<>();
        int seen = 0;
        for (Path path : jars()) {
            try (JarFile jar = new JarFile(path.toFile())) {
                for (JarEntry entry : classes(jar)) {
                    seen++;
                    if (version(jar, entry) < OLDEST_IN_CACHE) {
                        old.add(path.getFileName() + ": " + entry.getName());
                    }
                }
            }
        }
        assertThat(old).isEmpty();
        assertThat(seen).isGreaterThan(1000);
    }

    /** By initialising all of them: the JVM verifies the stack maps that the build has made. */
    @Test
    void theVerifierAcceptsTheClassesThatWereRaised() throws Exception {
        Path picocli =
                jars().stream()
                        .filter(jar -> jar.getFileName().toString().startsWith("picocli"))
                        .findFirst()
                        .orElseThrow();
        URL[] urls = {picocli.toUri().toURL()};
        try (JarFile jar = new JarFile(picocli.toFile());
                URLClassLoader loader =
                        new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
            assertThat(jar.getEntry("META-INF/CHANGED-BY-GENEVE4J.txt")).isNotNull();
            List<JarEntry> classes = classes(jar);
            assertThat(classes).hasSizeGreaterThan(200);
            for (JarEntry entry : classes) {
                String name = entry.getName().replace(".class", "").replace('/', '.');
                assertThat(Class.forName(name, true, loader).getClassLoader()).isSameAs(loader);
            }
        }
    }

    private static List<Path> jars() throws IOException {
        try (Stream<Path> files = Files.list(MODULES)) {
            return files.filter(file -> file.toString().endsWith(".jar")).toList();
        }
    }

    private static List<JarEntry> classes(JarFile jar) {
        return jar.stream()
                .filter(entry -> entry.getName().endsWith(".class"))
                .filter(entry -> !entry.getName().endsWith("module-info.class"))
                .toList();
    }

    private static int version(JarFile jar, JarEntry entry) throws IOException {
        try (InputStream in = jar.getInputStream(entry)) {
            DataInputStream data = new DataInputStream(in);
            data.skipNBytes(6); // magic, minor version
            return data.readUnsignedShort();
        }
    }
}
