import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * Raises a library's class files to version 52 (Java 8), where they are older than version 50, and
 * adds the stack maps that the JVM asks for from there on: it keeps no older class in an AOT cache,
 * and verifies it by a slower verifier. The code stays as it is. See
 * docs/decisions/0016-class-files-of-picocli.md.
 *
 * <p>The build runs it as {@code java RaiseClassFiles.java JAR}. A jar without such classes is left
 * alone, also one that it has changed.
 */
final class RaiseClassFiles {
    private static final String NOTICE = "META-INF/CHANGED-BY-GENEVE4J.txt";
    private static final String NOTICE_TEXT =
            """
            This is not the jar as its authors published it. The build of geneve4j
            has changed its class files older than version 50: they are of version
            52 now, and have stack maps. Nothing else was changed.
            """;

    /** In the order of the jar. */
    private final Map<String, byte[]> entries = new LinkedHashMap<>();

    private final ClassFile classFile =
            ClassFile.of(
                    ClassFile.ClassHierarchyResolverOption.of(
                            ClassHierarchyResolver.ofResourceParsing(
                                            type -> classOf(type.descriptorString()))
                                    .orElse(ClassHierarchyResolver.defaultResolver())),
                    ClassFile.StackMapsOption.GENERATE_STACK_MAPS);

    private RaiseClassFiles() {}

    /**
     * Changes a jar in its place.
     *
     * @param args the jar
     */
    public static void main(String[] args) throws IOException {
        if (args.length != 1) {
            throw new IllegalArgumentException("wants one jar, got " + args.length + " arguments");
        }
        new RaiseClassFiles().change(Path.of(args[0]));
    }

    private void change(Path jar) throws IOException {
        FileTime time = FileTime.fromMillis(0);
        try (ZipInputStream in = new ZipInputStream(Files.newInputStream(jar))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                entries.put(entry.getName(), in.readAllBytes());
                time = entry.getLastModifiedTime();
            }
        }
        Map<String, byte[]> changed = new LinkedHashMap<>(entries);
        changed.replaceAll((name, bytes) -> name.endsWith(".class") ? raised(name, bytes) : bytes);
        if (changed.entrySet().stream().allMatch(e -> e.getValue() == entries.get(e.getKey()))) {
            return;
        }
        changed.put(NOTICE, NOTICE_TEXT.getBytes(StandardCharsets.UTF_8));
        Path part = jar.resolveSibling(jar.getFileName() + ".part");
        try (OutputStream file = Files.newOutputStream(part);
                ZipOutputStream out = new ZipOutputStream(file)) {
            for (Map.Entry<String, byte[]> each : changed.entrySet()) {
                // One time for all, so that the same jar comes out of the same jar
                out.putNextEntry(new ZipEntry(each.getKey()).setLastModifiedTime(time));
                out.write(each.getValue());
            }
        }
        Files.move(part, jar, StandardCopyOption.REPLACE_EXISTING);
    }

    /** {@return the class file as it is to be: the same object if it can stay} */
    private byte[] raised(String name, byte[] bytes) {
        ClassModel model = classFile.parse(bytes);
        if (model.majorVersion() >= ClassFile.JAVA_6_VERSION) {
            return bytes;
        }
        ClassTransform version =
                (builder, element) -> {
                    if (element instanceof ClassFileVersion) {
                        builder.withVersion(ClassFile.JAVA_8_VERSION, 0);
                    } else {
                        builder.with(element);
                    }
                };
        // A method's code is written anew, with its stack map, only where something looks at it
        ClassTransform code =
                ClassTransform.transformingMethodBodies(
                        (builder, element) -> builder.with(element));
        byte[] raised = classFile.transformClass(model, version.andThen(code));
        classFile.verify(raised).stream()
                .findFirst()
                .ifPresent(
                        error -> {
                            throw new IllegalStateException(name + ": " + error.getMessage());
                        });
        return raised;
    }

    /** {@return the jar's class with this descriptor, or null} */
    private ByteArrayInputStream classOf(String descriptor) {
        byte[] bytes = entries.get(descriptor.substring(1, descriptor.length() - 1) + ".class");
        return bytes == null ? null : new ByteArrayInputStream(bytes);
    }
}
