/**
 * Geneve (RFC 8926) over Netty's {@code ByteBuf}: codec, options, tunnel endpoint rules. Depends on
 * nothing else in this project.
 */
@org.jspecify.annotations.NullMarked
module io.github.geneve4j.geneve {
    requires transitive io.netty.buffer;
    requires static org.jspecify;

    exports io.github.geneve4j.geneve;
    exports io.github.geneve4j.geneve.tunnel;
}
