package io.github.geneve4j.simulator.topology;

import io.github.geneve4j.config.IpPrefix;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one side of an endpoint is on this host: where packets enter it, and leave it. */
public sealed interface SideSpec {
    /** Nothing: what leaves by this side is counted and gone. */
    record Nowhere() implements SideSpec {}

    /**
     * A TUN device, which is made at the start and gone at the end.
     *
     * @param device its name
     * @param namespace the network namespace that it is made in; {@code null} for this program's
     * @param mtu in bytes
     * @param addresses that it gets, each with its prefix length
     * @param routes that lead into it: prefixes, or {@code default}
     */
    record Tun(
            String device,
            @Nullable String namespace,
            int mtu,
            List<IpPrefix> addresses,
            List<IpPrefix> routes)
            implements SideSpec {
        /** Copies the lists. */
        public Tun {
            addresses = List.copyOf(addresses);
            routes = List.copyOf(routes);
        }
    }

    /**
     * Capture files.
     *
     * @param read whose packets enter, in the rhythm in which they were captured; or none
     * @param write that is to get those that leave; or none
     */
    record Capture(@Nullable Path read, @Nullable Path write) implements SideSpec {}
}
