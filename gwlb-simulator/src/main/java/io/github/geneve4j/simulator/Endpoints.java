package io.github.geneve4j.simulator;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All endpoints, found by what a reply names them by: of one id, one is not deleted. */
final class Endpoints {
    private final List<Endpoint> all = new ArrayList<>();
    private @Nullable Endpoint last; // that was found

    void add(Endpoint endpoint) {
        all.add(endpoint);
    }

    /** {@return all that there ever were, in the order of their creation} */
    List<Endpoint> all() {
        return Collections.unmodifiableList(all);
    }

    /** {@return the endpoint that has an id now, or {@code null}} */
    @Nullable Endpoint withId(long id) {
        Endpoint recent = last;
        if (recent != null && recent.id().value() == id && recent.state != EndpointState.DELETED) {
            return recent;
        }
        for (int i = all.size() - 1; i >= 0; i--) {
            Endpoint endpoint = all.get(i);
            if (endpoint.id().value() == id && endpoint.state != EndpointState.DELETED) {
                last = endpoint;
                return endpoint;
            }
        }
        return null;
    }
}
