package io.github.geneve4j.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Some keys of the file that belong together. Each is asked for by the name that it should have;
 * what does not fit is noted, and a substitute returned, so that the rest is read as well. {@link
 * #end()} notes the keys that nobody asked for.
 */
public final class Section {
    private static final int MAX_QUOTED = 80; // code points of the file, in a message

    private final String name;
    private final Optional<Mark> place;
    private final Problems problems;
    private final boolean readable;
    private final Map<String, NodeTuple> fields = new LinkedHashMap<>();
    private final Set<String> asked = new LinkedHashSet<>();

    /**
     * Reads the keys of a mapping.
     *
     * @param name of the section, for messages
     * @param node where it should be
     * @param problems gets what is wrong
     */
    Section(String name, Node node, Problems problems) {
        this.name = name;
        this.place = node.getStartMark();
        this.problems = problems;
        this.readable = node instanceof MappingNode;
        if (node instanceof MappingNode mapping) {
            mapping.getValue().forEach(this::add);
        } else {
            problems.add(place, name + ": expected keys with values, found " + text(node));
        }
    }

    private void add(NodeTuple field) {
        Node key = field.getKeyNode();
        if (!(key instanceof ScalarNode scalar)) {
            problems.add(key.getStartMark(), name + ": expected a key, found " + text(key));
            return;
        }
        NodeTuple first = fields.putIfAbsent(scalar.getValue(), field);
        if (first != null) {
            problems.add(
                    key.getStartMark(),
                    scalar.getValue()
                            + ": is here for the second time, after line "
                            + first.getKeyNode()
                                    .getStartMark()
                                    .map(m -> m.getLine() + 1)
                                    .orElse(0));
        }
    }

    /** {@return whether there are keys to be read at all; if not, that was noted} */
    public boolean isReadable() {
        return readable;
    }

    /** {@return the keys that are there, in their order; all of them count as asked for} */
    public List<String> keys() {
        asked.addAll(fields.keySet());
        return List.copyOf(fields.keySet());
    }

    /** {@return the line that the section begins in, from 1} */
    public int line() {
        return place.map(mark -> mark.getLine() + 1).orElse(1);
    }

    /**
     * {@return whether the key is there}
     *
     * @param key its name
     */
    public boolean has(String key) {
        asked.add(key);
        return fields.containsKey(key);
    }

    /**
     * {@return the value of a key that must be there, or the substitute if it is missing or wrong}
     *
     * @param <T> of the value
     * @param key its name
     * @param reading how the text becomes a value
     * @param substitute to go on with
     */
    public <T> T required(String key, Reading<T> reading, T substitute) {
        if (!has(key)) {
            if (!readable) {
                return substitute;
            }
            problem(key, "is missing in " + name + ": expected " + reading.expected());
            return substitute;
        }
        return optional(key, reading, substitute);
    }

    /**
     * {@return the value of a key, or the other if it is not there or wrong}
     *
     * @param <T> of the value
     * @param key its name
     * @param reading how the text becomes a value
     * @param otherwise the value that counts then
     */
    public <T> T optional(String key, Reading<T> reading, T otherwise) {
        Node value = value(key);
        if (value == null) {
            return otherwise;
        }
        T read = read(key, value, reading);
        return read == null ? otherwise : read;
    }

    /**
     * {@return the values of a list, none if the key is not there}
     *
     * @param <T> of a value
     * @param key the list's name
     * @param reading how a text becomes a value
     */
    public <T> List<T> list(String key, Reading<T> reading) {
        List<T> values = new ArrayList<>();
        for (Node element : elements(key)) {
            if (problems.isFull()) {
                break;
            }
            T read = read(key, element, reading);
            if (read != null) {
                values.add(read);
            }
        }
        return values;
    }

    /**
     * {@return one value, or those of a list that is not empty; none if the key is not there}
     *
     * @param <T> of a value
     * @param key the name
     * @param reading how a text becomes a value
     */
    public <T> List<T> oneOrMore(String key, Reading<T> reading) {
        Node value = value(key);
        if (value instanceof ScalarNode) {
            T read = read(key, value, reading);
            return read == null ? List.of() : List.of(read);
        }
        if (value instanceof SequenceNode sequence && sequence.getValue().isEmpty()) {
            problem(key, "expected " + reading.expected() + ", found an empty list");
        }
        return list(key, reading);
    }

    /**
     * {@return the section under a key, or {@code null} if the key is not there}
     *
     * @param key its name
     */
    public @Nullable Section section(String key) {
        Node value = value(key);
        return value == null ? null : new Section(key, value, problems);
    }

    /**
     * {@return the sections of a list, none if the key is not there}
     *
     * @param key the list's name
     * @param elementName what each is called in messages, with its article
     */
    public List<Section> sections(String key, String elementName) {
        List<Section> sections = new ArrayList<>();
        for (Node element : elements(key)) {
            if (problems.isFull()) {
                break;
            }
            sections.add(new Section(elementName, element, problems));
        }
        return sections;
    }

    /**
     * {@return whether the key is there, and has no value, or {@code null}}
     *
     * @param key its name
     */
    public boolean isNothing(String key) {
        return value(key) instanceof ScalarNode scalar && isNothing(scalar);
    }

    /**
     * {@return whether the value of the key is just that word}
     *
     * @param key its name
     * @param word as it is written
     */
    public boolean isWord(String key, String word) {
        return value(key) instanceof ScalarNode scalar && scalar.getValue().equals(word);
    }

    /**
     * {@return whether the key is there, with a value that is neither a list nor in quotes}
     *
     * @param key its name
     */
    public boolean isUnquoted(String key) {
        return value(key) instanceof ScalarNode scalar && scalar.isPlain();
    }

    /**
     * Notes what is wrong with a key's value, or with the section if the key is not there.
     *
     * @param key its name
     * @param message what was expected, and what is there
     */
    public void problem(String key, String message) {
        NodeTuple field = fields.get(key);
        problems.add(
                field == null ? place : field.getValueNode().getStartMark(), key + ": " + message);
    }

    /**
     * Notes what is wrong with the section as a whole.
     *
     * @param message what was expected, and what is there
     */
    public void problem(String message) {
        problems.add(place, message);
    }

    /** Refuses the keys that were not asked for. */
    public void end() {
        fields.forEach(
                (key, field) -> {
                    if (!asked.contains(key)) {
                        problems.add(
                                field.getKeyNode().getStartMark(),
                                key
                                        + ": unknown in "
                                        + name
                                        + ", expected one of "
                                        + String.join(", ", asked));
                    }
                });
    }

    private @Nullable Node value(String key) {
        asked.add(key);
        NodeTuple field = fields.get(key);
        return field == null ? null : field.getValueNode();
    }

    private List<Node> elements(String key) {
        Node value = value(key);
        if (value == null) {
            return List.of();
        }
        if (value instanceof SequenceNode sequence) {
            return sequence.getValue();
        }
        problem(key, "expected a list, found " + text(value));
        return List.of();
    }

    private <T> @Nullable T read(String key, Node value, Reading<T> reading) {
        if (value instanceof ScalarNode scalar && reading.isUnquoted() && !scalar.isPlain()) {
            problems.add(
                    value.getStartMark(),
                    key
                            + ": expected "
                            + reading.expected()
                            + ", without quotes, found "
                            + text(value)
                            + " in quotes");
            return null;
        }
        T read =
                value instanceof ScalarNode scalar && !isNothing(scalar)
                        ? reading.parse().apply(scalar.getValue())
                        : null;
        if (read == null) {
            problems.add(
                    value.getStartMark(),
                    key + ": expected " + reading.expected() + ", found " + text(value));
        }
        return read;
    }

    private static boolean isNothing(ScalarNode scalar) {
        return scalar.getTag().equals(Tag.NULL);
    }

    private static String quoted(String text) {
        return text.codePointCount(0, text.length()) > MAX_QUOTED
                ? "'" + text.substring(0, text.offsetByCodePoints(0, MAX_QUOTED)) + "…'"
                : "'" + text + "'";
    }

    private static String text(Node node) {
        return switch (node) {
            case ScalarNode scalar when isNothing(scalar) -> "nothing";
            case ScalarNode scalar -> quoted(scalar.getValue());
            case SequenceNode _ -> "a list";
            default -> "keys with values";
        };
    }
}
