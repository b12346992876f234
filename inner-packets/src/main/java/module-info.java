/**
 * Inner packets that a middlebox makes or mends: TCP resets, ICMP errors, checksums, lengths, MSS.
 */
@org.jspecify.annotations.NullMarked
module io.github.geneve4j.packets {
    requires transitive io.github.geneve4j.flow;
    requires io.github.geneve4j.geneve;
    requires static org.jspecify;

    exports io.github.geneve4j.packets;
}
