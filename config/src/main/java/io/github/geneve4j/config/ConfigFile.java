package io.github.geneve4j.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * Reads a file of keys and values in YAML 1.2 so that all that is wrong with it is told at once,
 * each with its line and column.
 */
public final class ConfigFile {
    /** Bytes of the longest file: more than the parser takes characters, each of up to four. */
    public static final int MAX_LENGTH = 1 << 24;

    private ConfigFile() {}

    /**
     * {@return the text of a file} What is much longer than any file of ours, as a device that was
     * named by mistake, is not read to its end.
     *
     * @param file in UTF-8
     * @param most bytes that it may have, 0 or more
     * @throws CharacterCodingException if it is not UTF-8
     * @throws IOException if it cannot be read, or has more bytes
     */
    public static String readText(Path file, int most) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(most);
            if (in.read() >= 0) {
                throw new IOException("more than " + most + " bytes");
            }
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        }
    }

    /**
     * {@return what the text says}
     *
     * @param <T> what becomes of it
     * @param yaml the text
     * @param file its name, for messages
     * @param what it is, with its article: {@code "a policy"}
     * @param reader makes a value of the outermost section; what it notes as wrong makes the file
     *     unusable, whatever it returns
     * @throws ConfigException if the text cannot be used, with all that is wrong with it
     */
    public static <T> T parse(String yaml, String file, String what, Function<Section, T> reader)
            throws ConfigException {
        Problems problems = new Problems(file);
        Optional<Node> document = compose(yaml, file, problems);
        if (document.isEmpty() && problems.isEmpty()) {
            problems.add(Optional.empty(), "expected " + what + ", found nothing");
        }
        problems.check();
        String name = what.replaceFirst("^an? ", "the ");
        T value = reader.apply(new Section(name, document.orElseThrow(), problems));
        problems.check();
        return value;
    }

    private static Optional<Node> compose(String yaml, String file, Problems problems) {
        LoadSettings settings =
                LoadSettings.builder()
                        .setLabel(file)
                        .setUseMarks(true)
                        .setAllowNonScalarKeys(true)
                        .setMaxAliasesForCollections(Integer.MAX_VALUE) // see Aliases
                        .build();
        try {
            ParserImpl parser = new ParserImpl(settings, new StreamReader(settings, yaml));
            Optional<Node> node = new Composer(settings, new ShallowParser(parser)).getSingleNode();
            node.ifPresent(document -> Aliases.check(document, problems));
            return node;
        } catch (MarkedYamlEngineException e) {
            problems.add(
                    e.getProblemMark().or(e::getContextMark),
                    "no YAML: " + reason(e).lines().findFirst().orElse("it cannot be read"));
        } catch (ReaderException e) {
            problems.add(unprintable(yaml, file), "no YAML: " + e.getMessage());
        } catch (YamlEngineException e) {
            problems.add(Optional.empty(), "no YAML: " + e.getMessage());
        }
        return Optional.empty();
    }

    /** {@return where the first character is that YAML does not have: the parser does not say} */
    private static Optional<Mark> unprintable(String yaml, String file) {
        int[] text = yaml.codePoints().toArray();
        int line = 0;
        int column = 0;
        for (int i = 0; i < text.length; i++) {
            if (!StreamReader.isPrintable(text[i])) {
                return Optional.of(new Mark(file, i, line, column, text, i));
            }
            boolean ends = text[i] == '\n';
            line += ends ? 1 : 0;
            column = ends ? 0 : column + 1;
        }
        return Optional.empty();
    }

    /** Some problems go on with the sentence that their context begins. */
    private static String reason(MarkedYamlEngineException e) {
        String problem = e.getProblem();
        if (problem == null) {
            return String.valueOf(e.getContext());
        }
        return problem.startsWith("but ") ? e.getContext() + ", " + problem : problem;
    }
}
