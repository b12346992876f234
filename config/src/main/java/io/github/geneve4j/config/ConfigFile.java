package io.github.geneve4j.config;

import java.util.Optional;
import java.util.function.Function;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * Reads a file of keys and values in YAML 1.2 so that all that is wrong with it is told at once,
 * each with its line and column.
 */
public final class ConfigFile {
    private ConfigFile() {}

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
                        .build();
        try {
            ParserImpl parser = new ParserImpl(settings, new StreamReader(settings, yaml));
            return new Composer(settings, new ShallowParser(parser)).getSingleNode();
        } catch (MarkedYamlEngineException e) {
            problems.add(
                    e.getProblemMark().or(e::getContextMark),
                    "no YAML: " + reason(e).lines().findFirst().orElse("it cannot be read"));
        } catch (YamlEngineException e) {
            problems.add(Optional.empty(), "no YAML: " + e.getMessage());
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
