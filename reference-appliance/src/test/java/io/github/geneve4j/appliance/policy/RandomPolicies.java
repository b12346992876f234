package io.github.geneve4j.appliance.policy;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Policies and packets from a small world, so that they meet: few networks, nested and not, and
 * values at and beside the edges of what rules name.
 */
final class RandomPolicies {
    private static final int[] PROTOCOLS = {6, 17, 1, 58, 132, 47, 0, 255};

    private static final int CARRIED = 24; // bytes behind the IP header
    private static final int WHOLE = 0;
    private static final int FIRST = 1;
    private static final int LATER = 8;

    private final Random random;
    private final List<List<Network>> sets = new ArrayList<>();
    private List<Network> latest = List.of();

    /** A packet as a policy sees it. */
    record Packet(long endpointId, FiveTuple flow, int icmp) {}

    RandomPolicies(long seed) {
        this.random = new Random(seed);
    }

    Policy policy(int rules) {
        List<Rule> made = new ArrayList<>();
        for (int i = 0; i < rules; i++) {
            made.add(new Rule("rule " + i, match(), pick(Action.values()), false, i + 1));
        }
        return new Policy(networks(2), List.of(), made, pick(Action.values()));
    }

    private Match match() {
        return new Match(
                random.nextInt(4) == 0 ? Set.of(endpoint(), 9L) : Set.of(),
                maybe(4, () -> pick(Direction.values())),
                networks(random.nextInt(3)),
                networks(random.nextInt(3)),
                random.nextBoolean() ? List.of() : List.of(range(PROTOCOLS)),
                random.nextInt(3) > 0 ? List.of() : List.of(ports(), ports()),
                random.nextInt(3) > 0 ? List.of() : List.of(ports()),
                random.nextInt(6) > 0 ? List.of() : List.of(kind(), kind()),
                maybe(8, random::nextBoolean));
    }

    private <T> Optional<T> maybe(int chance, Supplier<T> value) {
        return random.nextInt(chance) == 0 ? Optional.of(value.get()) : Optional.empty();
    }

    /**
     * {@return some networks, or, as rules may name sets, the same list as before, or several lists
     * that were there before, as one}
     */
    private List<Network> networks(int count) {
        if (count > 0 && !latest.isEmpty() && random.nextInt(6) == 0) {
            return latest;
        }
        if (count > 0 && sets.size() > 2 && random.nextInt(6) == 0) {
            return JoinedNetworks.of(List.of(set(), set(), set()));
        }
        List<Network> networks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            boolean ipv6 = random.nextInt(3) == 0;
            int length = random.nextInt(5) == 0 ? 0 : random.nextInt(ipv6 ? 129 : 33);
            long high = ipv6 ? high() : 0;
            long low = low(ipv6);
            int highBits = Math.min(length, 64);
            int lowBits = ipv6 ? Math.max(0, length - 64) : length + 32;
            networks.add(
                    new Network(
                            ipv6,
                            ipv6 && highBits > 0 ? high & -1L << 64 - highBits : 0,
                            lowBits <= 0 ? 0 : low & -1L << 64 - lowBits,
                            length));
        }
        latest = List.copyOf(networks);
        if (count > 0) {
            sets.add(latest);
        }
        return latest;
    }

    private List<Network> set() {
        return sets.get(sets.size() - 1 - random.nextInt(Math.min(sets.size(), 8)));
    }

    /** Near the edges of both halves, and of the sign. */
    private long high() {
        return pick(0L, -1L, 0x2001_0db8_0000_0000L, 0xfd00_0000_0000_0001L, Long.MIN_VALUE);
    }

    private long low(boolean ipv6) {
        long value = pick(0L, 0x0a00_0000L, 0x0a01_0203L, 0x7fff_ffffL, 0x8000_0000L, 0xffff_ffffL);
        value += random.nextInt(3) - 1;
        return ipv6 ? pick(value, value << 32, -1L, Long.MIN_VALUE) : value & 0xffff_ffffL;
    }

    private long endpoint() {
        return pick(1L, 2L, -1L, Long.MIN_VALUE, 0L);
    }

    private Range range(int[] of) {
        int first = of[random.nextInt(of.length)];
        return random.nextInt(3) == 0 ? new Range(first, 255) : new Range(first, first);
    }

    private Range ports() {
        int first = port();
        return new Range(first, random.nextBoolean() ? first : Math.max(first, port()));
    }

    private int port() {
        return Math.clamp(
                pick(0, 53, 80, 443, 1024, 32768, 65535) + random.nextInt(3) - 1, 0, 65535);
    }

    private IcmpKind kind() {
        return new IcmpKind(pick(8, 0, 3, 128, 255), maybe(2, () -> pick(0, 1, 4, 255)));
    }

    /** A packet whose five-tuple is read from bytes, as all are. */
    Packet packet() {
        return packet(random.nextInt(8) == 0 ? LATER : WHOLE);
    }

    /** A later fragment, whose first one is not known. */
    Packet laterFragment() {
        return packet(LATER);
    }

    private Packet packet(int fragment) {
        boolean ipv6 = random.nextInt(3) == 0;
        int protocol = PROTOCOLS[random.nextInt(PROTOCOLS.length - 2)];
        return ipv6
                ? read(protocol, fragment, high(), low(true), high(), low(true))
                : read(protocol, fragment, low(false), low(false));
    }

    /** Some first fragment that a later one may belong to. */
    Packet firstOf(Packet later) {
        FiveTuple flow = later.flow();
        Packet first =
                flow.isIpv6()
                        ? read(
                                flow.protocol(),
                                FIRST,
                                flow.sourceHigh(),
                                flow.sourceLow(),
                                flow.destinationHigh(),
                                flow.destinationLow())
                        : read(flow.protocol(), FIRST, flow.sourceLow(), flow.destinationLow());
        return new Packet(later.endpointId(), first.flow(), first.icmp());
    }

    /**
     * @param fragment the field of IPv6, whose offset counts from bit 3 and whose flag is bit 0
     * @param ends words of the addresses, one for each of IPv4, two for each of IPv6
     */
    private Packet read(int protocol, int fragment, long... ends) {
        ByteBuf bytes = Unpooled.buffer(128);
        boolean isFragment = fragment != WHOLE;
        if (ends.length == 4) {
            bytes.writeInt(0x6000_0000).writeShort((isFragment ? 8 : 0) + CARRIED);
            bytes.writeByte(isFragment ? 44 : protocol).writeByte(64);
            for (long word : ends) {
                bytes.writeLong(word);
            }
            if (isFragment) {
                bytes.writeByte(protocol).writeByte(0).writeShort(fragment).writeInt(7);
            }
        } else {
            int field = fragment >>> 3 | (fragment & 1) << 13;
            bytes.writeInt(0x4500_0000 | 20 + CARRIED).writeShort(7).writeShort(field);
            bytes.writeByte(64).writeByte(protocol).writeShort(0);
            bytes.writeInt((int) ends[0]).writeInt((int) ends[1]);
        }
        int offset = bytes.writerIndex();
        boolean icmp = Match.isIcmp(protocol);
        if (icmp) {
            bytes.writeByte(pick(8, 0, 3, 128, 129, 255)).writeByte(pick(0, 1, 4, 255));
        } else {
            bytes.writeShort(port()).writeShort(port());
        }
        bytes.writeZero(CARRIED);
        FiveTuple flow = new FiveTuple();
        FlowStatus status = flow.wrap(bytes, 0, offset + CARRIED);
        if (status != FlowStatus.OK) {
            throw new AssertionError(status + " of protocol " + protocol);
        }
        boolean hasKind = icmp && !flow.isQuoted() && fragment != LATER;
        int kind = hasKind ? bytes.getUnsignedShort(offset) : -1;
        return new Packet(endpoint(), flow, kind);
    }

    @SafeVarargs
    private <T> T pick(T... of) {
        return of[random.nextInt(of.length)];
    }
}
