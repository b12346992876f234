package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.NetworkDevice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of an interface on a cable, and what a watch tells of it. */
@Timeout(120)
class LinkWatchIT {
    @TempDir private Path folder;

    @Test
    void tellsOnceThatTheInterfaceWasDown() throws Exception {
        try (Cable cable = new Cable();
                LinkWatch watch = open(cable)) {
            assertThat(watch.hasBeenDown()).isFalse();
            for (int outage = 0; outage < 3; outage++) {
                cable.runOnOwn("ip link set " + Cable.OWN + " down");
                assertThat(watch.hasBeenDown()).isTrue();
                assertThat(watch.hasBeenDown()).isFalse();
                cable.runOnOwn("ip link set " + Cable.OWN + " up");
                assertThat(watch.hasBeenDown()).isFalse();
                cable.runOnOwn("ip link set " + Cable.OWN + " down");
                cable.runOnOwn("ip link set " + Cable.OWN + " up");
                assertThat(watch.hasBeenDown()).isTrue();
                assertThat(watch.hasBeenDown()).isFalse();
            }
        }
    }

    @Test
    void tellsOtherChangesFromBeingDown() throws Exception {
        try (Cable cable = new Cable();
                LinkWatch watch = open(cable);
                LinkWatch other = open(cable)) {
            cable.runOnOwn("ip link set " + Cable.OWN + " mtu 1400");
            cable.runOnNode("ip link set " + Cable.NODE + " down"); // takes the carrier
            cable.runOnNode("ip link set " + Cable.NODE + " up");
            assertThat(watch.hasBeenDown()).isFalse();
            assertThat(other.hasChanged()).isTrue();
        }
    }

    @Test
    void leavesOtherInterfacesAlone() throws Exception {
        try (Cable cable = new Cable();
                LinkWatch watch = open(cable)) {
            cable.runOnOwn("ip link set lo down");
            assertThat(watch.hasBeenDown()).isFalse();
            cable.runOnOwn("ip link set lo up");
            assertThat(watch.hasBeenDown()).isFalse();
        }
    }

    /** What would take more room than the socket has. */
    @Test
    void losesNothingToOtherInterfaces() throws Exception {
        Path script = folder.resolve("script");
        Files.writeString(
                script,
                IntStream.range(0, 2000)
                        .mapToObj(i -> "link set lo mtu " + (60_000 + i) + "\n")
                        .collect(Collectors.joining()));
        try (Cable cable = new Cable();
                LinkWatch watch = open(cable)) {
            cable.runOnOwn("ip -batch " + script);
            assertThat(watch.hasBeenDown()).isFalse();
            cable.runOnOwn("ip link set " + Cable.OWN + " down");
            assertThat(watch.hasBeenDown()).isTrue();
        }
    }

    private static LinkWatch open(Cable cable) throws Exception {
        LinkWatch watch = cable.onOwn(() -> LinkWatch.open(NetworkDevice.named(Cable.OWN).index()));
        watch.hasChanged(); // what the kernel still had to tell of the cable's making
        return watch;
    }
}
