package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.Ethtool;
import org.junit.jupiter.api.Test;

class FastPathAttachmentIT {
    @Test
    void knowsACableThatDropsWhatItsDriverIsToReturn() throws Exception {
        try (Cable cable = new Cable()) {
            assertThat(cable.onOwn(() -> Ethtool.driver(Cable.OWN))).isEqualTo("veth");
            assertThat(cable.onOwn(() -> FastPathAttachment.sendsByDriver(Cable.OWN))).isFalse();
            assertThat(cable.onOwn(() -> FastPathAttachment.sendsByDriver("none"))).isTrue();
        }
    }
}
