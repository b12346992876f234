package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ReplyTargetsPropertyTest {
    private final ReplyTargets targets = new ReplyTargets(6081);

    @Property(tries = 200)
    void givesEachAddressItsOwnTarget(@ForAll @Size(max = 2000) List<Integer> addresses)
            throws UnknownHostException {
        for (int address : addresses) {
            check(address);
            check(~address);
        }
    }

    @Test
    void keepsTheTargetsOfAsManyNodesAsALoadBalancerHas() throws UnknownHostException {
        InetSocketAddress[] first = new InetSocketAddress[512];
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < first.length; i++) {
                InetSocketAddress target = check(0x0a000000 + i);
                first[i] = round == 0 ? target : first[i];
                assertThat(target).isSameAs(first[i]);
            }
        }
        for (int i = 0; i < 5000; i++) { // more than that still works
            check(0x0a000000 + i);
        }
    }

    private InetSocketAddress check(int address) throws UnknownHostException {
        InetAddress same = InetAddress.getByAddress(ByteBuffer.allocate(4).putInt(address).array());
        InetSocketAddress target = targets.of(address, same);
        assertThat(target).isEqualTo(new InetSocketAddress(same, 6081));
        assertThat(targets.of(address, same)).isSameAs(target);
        return target;
    }
}
