package io.github.geneve4j.simulator.conform;

import java.util.List;

/** What is wrong with an appliance, and which checks have to find it. */
enum Fault {
    NONE(),
    /**
     * Nothing either: a firewall with state, which reassembles, refuses strangers by ICMP, and
     * sends its log to the node.
     */
    KEEPS_STATE(),
    /** Nor here: a busy router, which writes whatever routers may write into inner headers. */
    ROUTES(),

    ANSWERS_NOTHING("answers"),
    REPLIES_FROM_ANOTHER_ADDRESS("address-swap", "reply-path"),
    SWAPS_PORTS("destination-port", "source-port", "reply-path"),
    SWAPS_PORTS_OF_IPV6("reply-path"),
    /** Found only where fragments are asked about. */
    SWAPS_PORTS_OF_FRAGMENTS("reply-path"),
    ANSWERS_PINGS_FROM_ANOTHER_ADDRESS("reply-path"),
    REPLIES_FROM_THE_TUNNEL_PORT("source-port"),
    MAPS_LOW_PORTS("source-port"),
    WRITES_A_WRONG_UDP_CHECKSUM("reply-checksums"),
    SUMS_ODD_LENGTHS_WRONG("reply-checksums"),
    SUMS_IPV6_WRONG("reply-checksums"),
    SUMS_JUMBOS_WRONG("reply-checksums"),
    FRAGMENTS_LONG_REPLIES("no-fragments", "jumbo-8500"),
    REFUSES_CHECKSUM_ZERO("udp-checksum-zero"),
    ACCEPTS_A_WRONG_CHECKSUM("udp-checksum-wrong"),
    REPLIES_TO_THE_FIRST_NODE("second-node", "reply-path"),
    CLEARS_THE_COOKIE("header-echo", "latest-cookie", "loss-and-latency"),
    CHANGES_THE_ENDPOINT("header-echo"),
    STRIPS_AN_OPTION("header-echo", "unknown-option", "option-order"),
    KEEPS_THE_FIRST_COOKIE("latest-cookie"),
    KEEPS_A_COOKIE_UNTIL_A_SYN("latest-cookie"),
    KEEPS_THE_FIRST_COOKIE_OF_IPV6("latest-cookie"),
    KEEPS_THE_FIRST_COOKIE_OF_PINGS("latest-cookie"),
    KEEPS_THE_FIRST_ENDPOINT("overlapping-endpoints"),
    CLEARS_THE_COOKIE_OF_ANSWERS("return-direction", "latest-cookie"),
    DROPS_THE_RETURN_DIRECTION("return-direction"),
    REFUSES_UNKNOWN_OPTIONS("unknown-option"),
    DROPS_UNKNOWN_OPTIONS("unknown-option"),
    SORTS_OPTIONS("option-order"),
    CLEARS_RESERVED_BITS("reserved-bits"),
    REFUSES_RESERVED_BITS("reserved-bits"),
    CLEARS_THE_VNI("vni"),
    REFUSES_ATTACHMENT_IDS("attachment-id"),
    CALLS_EVERYTHING_IPV4(
            "ipv6",
            "inner-fields",
            "ipv6-extension-headers",
            "ipv6-fragments",
            "icmp-echo",
            "icmp-error"),
    CLEARS_THE_COOKIE_OF_OTHERS("other-protocols", "icmp-echo", "icmp-error"),
    CLEARS_THE_COOKIE_OF_OPTIONS("ipv4-options"),
    CLEARS_THE_COOKIE_OF_FRAGMENTS("ipv4-fragments", "ipv6-fragments"),
    CLEARS_THE_COOKIE_OF_JUMBOS("jumbo-8500", "jumbo-8933"),
    CLEARS_ECN("inner-fields"),
    CLEARS_THE_IDENTIFICATION("inner-fields"),
    CLEARS_DONT_FRAGMENT("inner-fields"),
    CLEARS_THE_FLOW_LABEL("inner-fields"),
    /** Right for all that was asked before: packets up to 1,432 bytes, and jumbos. */
    SPOILS_MIDDLE_LENGTHS("lengths"),
    DROPS_IPV6("ipv6", "ipv6-extension-headers", "ipv6-fragments"),
    KNOWS_TCP_AND_UDP_ONLY("other-protocols", "icmp-echo", "icmp-error"),
    DROPS_IPV4_OPTIONS("ipv4-options"),
    DROPS_EXTENSION_HEADERS("ipv6-extension-headers"),
    DROPS_LATER_FRAGMENTS("ipv4-fragments", "ipv6-fragments"),
    WANTS_THE_FIRST_FRAGMENT_FIRST("ipv4-fragments", "ipv6-fragments"),
    REASSEMBLES_AS_THEY_COME("ipv4-fragments", "ipv6-fragments"),
    DROPS_PING("icmp-echo"),
    DROPS_ICMP_ERRORS("icmp-error"),
    TRUNCATES_JUMBOS("jumbo-8500", "jumbo-8933"),
    HAS_AN_MTU_OF_8568("jumbo-8933"),
    SERVES_ANYONE("foreign-origin"),
    SERVES_ANYONE_SLOWLY("foreign-origin"),
    FORWARDS_CRITICAL_OPTIONS("unknown-critical-option"),
    FORWARDS_CONTROL_PACKETS("control-packet"),
    FORWARDS_EVERY_THIRD_CONTROL_PACKET("control-packet"),
    ECHOES_MALFORMED("malformed-dropped"),
    ANSWERS_SHORT_HEADERS("malformed-dropped"),
    READS_VERSION_BY_ONE_BIT("malformed-dropped"),
    LETS_OPTIONS_OVERRUN("malformed-dropped"),
    DIES_OF_AN_OVERRUN("malformed-survived", "malformed-dropped"),
    DIES_OF_A_SHORT_INNER_PACKET("malformed-survived"),
    SENDS_UNASKED("no-unsolicited"),
    REPLIES_TWICE("no-unsolicited"),
    REPLIES_TWICE_TO_TCP("no-unsolicited"),
    REPLIES_TWICE_TO_IPV6("no-unsolicited"),
    REPLIES_TWICE_TO_HALF("no-unsolicited"),
    SAYS_PORT_UNREACHABLE("no-icmp-unreachable"),
    HAS_NO_HEALTH("health", "health-during-load"),
    IS_UNHEALTHY_UNDER_LOAD("health-during-load"),
    LOSES_PACKETS("loss-and-latency"),
    STALLS("loss-and-latency"),
    REPLIES_TWICE_UNDER_LOAD("loss-and-latency"),
    /** Gives a flow the cookie of another that has the same hash, of 12 bits. */
    TAKES_FLOWS_FOR_EACH_OTHER("loss-and-latency"),
    HAS_ROOM_FOR_300_FLOWS("loss-and-latency"),
    NEVER_COMES_BACK("recovery"),
    RESTARTS_SICK("recovery"),
    RESTARTS_WITHOUT_COOKIE("recovery"),
    FORGETS_ITS_FLOWS("recovery");

    private final List<String> found;

    Fault(String... found) {
        this.found = List.of(found);
    }

    /** {@return names of the checks that have to fail} */
    List<String> foundBy() {
        return found;
    }
}
