/** Configuration files: YAML, read so that every mistake in it has a place and an explanation. */
@org.jspecify.annotations.NullMarked
module io.github.geneve4j.config {
    requires org.snakeyaml.engine;
    requires static org.jspecify;

    exports io.github.geneve4j.config;
}
