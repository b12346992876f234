package io.github.geneve4j.config;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Refuses files that a few aliases make very long. The parser keeps what an alias stands for once,
 * but whoever reads it looks at it each time that it is named.
 */
final class Aliases {
    /** Values, lists and mappings as if all were written out: more than a file has without them. */
    static final long MOST = 1 << 21;

    private static final long BEING_COUNTED = -1;

    private final IdentityHashMap<Node, Long> counts =
            new IdentityHashMap<>(); // of lists and mappings
    private final Problems problems;

    private Aliases(Problems problems) {
        this.problems = problems;
    }

    /** Notes it if the document is too long, or a part of itself. */
    static void check(Node document, Problems problems) {
        long count = new Aliases(problems).count(document);
        if (count > MOST && problems.isEmpty()) {
            problems.add(
                    document.getStartMark(),
                    "more than " + MOST + " values, with what aliases stand for written out");
        }
    }

    /** {@return how many nodes there are, more than {@link #MOST} if too many} */
    private long count(Node node) {
        if (node instanceof ScalarNode) {
            return 1;
        }
        Long known = counts.putIfAbsent(node, BEING_COUNTED);
        if (known != null) {
            if (known == BEING_COUNTED) {
                problems.add(node.getStartMark(), "an alias within what it stands for");
                return 1;
            }
            return known;
        }
        long count = 1;
        for (Node part : parts(node)) {
            count = Math.min(count + count(part), MOST + 1);
        }
        counts.put(node, count);
        return count;
    }

    private static List<Node> parts(Node node) {
        if (node instanceof SequenceNode sequence) {
            return sequence.getValue();
        }
        List<Node> parts = new ArrayList<>();
        if (node instanceof MappingNode mapping) {
            mapping.getValue()
                    .forEach(
                            field -> {
                                parts.add(field.getKeyNode());
                                parts.add(field.getValueNode());
                            });
        }
        return parts;
    }
}
