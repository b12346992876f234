package io.github.geneve4j.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How evenly hashes of real-looking flows fall, on sets of flows that bring out the faults of
 * weaker functions: XOR of the endpoints fails sets B, C and E by a wide margin.
 */
class FlowDistributionTest {
    private static final int FLOWS = 200_000;
    private static final long SEED = 0x5eed;

    /** Sets of 200,000 different flows. */
    enum Flows {
        /** A: the clients of one /24 to one server. */
        ONE_SERVER {
            @Override
            void set(FiveTuple tuple, int i, Random random) {
                tuple.setIpv4(0xc0a80100 | i % 250, 0x0a000001, 6, 1024 + i / 250, 443);
            }
        },
        /** B: one address translator, its ports in sequence, to one server and port. */
        ONE_TRANSLATOR {
            @Override
            void set(FiveTuple tuple, int i, Random random) {
                tuple.setIpv4(0xcb007101, 0x5db8d822 + i / 64_000, 6, 1024 + i % 64_000, 443);
            }
        },
        /** C: hosts of mirrored networks, x.y with y.x, on equal ports. */
        MIRRORED {
            @Override
            void set(FiveTuple tuple, int i, Random random) {
                int host = i % 65_536;
                tuple.setIpv4(0x0a000000 | host, 0x0a010000 | host, 17, 5000 + i / 65_536, 5000);
            }
        },
        /** D: the internet to four servers, some clients busier than others. */
        INTERNET {
            @Override
            void set(FiveTuple tuple, int i, Random random) {
                int client = 0x9e3779b1 * (int) (20_000 * Math.pow(random.nextDouble(), 3));
                // Server and port count up, so that no flow comes twice
                tuple.setIpv4(client, 0xc6336400 | i & 3, 6, 1024 + i / 4, 443);
            }
        },
        /** E: a mesh of hosts, source port and destination port equal. */
        MESH {
            @Override
            void set(FiveTuple tuple, int i, Random random) {
                int a = i / 448;
                int b = i % 448;
                tuple.setIpv4(0x0a010000 + a, 0x0a020000 + b, 17, 4789, 4789);
            }
        },
        /** F: everything at random. */
        UNIFORM {
            @Override
            void set(FiveTuple tuple, int i, Random random) {
                tuple.setIpv4(
                        random.nextInt(),
                        random.nextInt(),
                        6,
                        random.nextInt(65_536),
                        random.nextInt(65_536));
            }
        },
        /** The clients of one /64 to one server. */
        ONE_SERVER_IPV6 {
            @Override
            void set(FiveTuple tuple, int i, Random random) {
                long net = 0x2001_0db8_0000_0001L;
                tuple.setIpv6(net, i % 250, net + 1, 1, 6, 1024 + i / 250, 443);
            }
        },
        /** Hosts of mirrored networks on equal ports. */
        MIRRORED_IPV6 {
            @Override
            void set(FiveTuple tuple, int i, Random random) {
                long net = 0x2001_0db8_0000_0001L;
                tuple.setIpv6(net, i, net + 0x10000, i, 17, 5000, 5000);
            }
        };

        abstract void set(FiveTuple tuple, int i, Random random);
    }

    @ParameterizedTest
    @EnumSource
    void spreadsOverBuckets(Flows flows) {
        long[] hashes = hashes(flows);
        for (int buckets : new int[] {16, 1021}) {
            int[] remainder = new int[buckets];
            int[] share = new int[buckets];
            int[] half = new int[buckets];
            for (long hash : hashes) {
                remainder[(int) Long.remainderUnsigned(hash, buckets)]++;
                share[(int) ((hash >>> 32) * buckets >>> 32)]++;
                half[Integer.remainderUnsigned((int) hash, buckets)]++;
            }
            assertThat(deviation(remainder))
                    .as("%s remainder %d", flows, buckets)
                    .isBetween(-5., 5.);
            assertThat(deviation(share)).as("%s share %d", flows, buckets).isBetween(-5., 5.);
            assertThat(deviation(half)).as("%s half %d", flows, buckets).isBetween(-5., 5.);
        }
    }

    @ParameterizedTest
    @EnumSource
    void collidesNoMoreThanChance(Flows flows) {
        long[] hashes = hashes(flows);
        assertThat(collisions(Arrays.stream(hashes).toArray())).isZero();
        // 200,000 of 2^32 values: 4.7 are expected, more than 18 once in a million times
        assertThat(collisions(Arrays.stream(hashes).map(h -> h >>> 32).toArray())).isLessThan(19);
        assertThat(collisions(Arrays.stream(hashes).map(h -> h & 0xffff_ffffL).toArray()))
                .isLessThan(19);
    }

    /** Every bit of the key changes every bit of the hash half of the time. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void avalanches(boolean ipv6) {
        int samples = 20_000;
        int addressBits = ipv6 ? 128 : 32;
        int inputBits = 2 * addressBits + 32;
        int[][] changed = new int[inputBits][64];
        FlowHash hash = FlowHash.seeded(SEED);
        FiveTuple tuple = new FiveTuple();
        Random random = new Random(7);
        long[] address = new long[4];
        for (int sample = 0; sample < samples / (ipv6 ? 2 : 1); sample++) {
            for (int i = 0; i < 4; i++) {
                address[i] = ipv6 ? random.nextLong() : random.nextInt() & 0xffff_ffffL;
            }
            int ports = random.nextInt();
            long before = hash.hash(set(tuple, ipv6, address, ports));
            for (int bit = 0; bit < inputBits; bit++) {
                long after;
                if (bit < 32) {
                    after = hash.hash(set(tuple, ipv6, address, ports ^ 1 << bit));
                } else {
                    int at = (bit - 32) / (ipv6 ? 64 : 32);
                    long flip = 1L << (bit - 32) % (ipv6 ? 64 : 32);
                    address[at] ^= flip;
                    after = hash.hash(set(tuple, ipv6, address, ports));
                    address[at] ^= flip;
                }
                long difference = before ^ after;
                for (int out = 0; out < 64; out++) {
                    changed[bit][out] += (int) (difference >>> out & 1);
                }
            }
        }
        double worst = 0;
        for (int[] row : changed) {
            for (int count : row) {
                worst =
                        Math.max(
                                worst, Math.abs((double) count / (samples / (ipv6 ? 2 : 1)) - 0.5));
            }
        }
        assertThat(worst).isLessThan(0.025);
    }

    private static FiveTuple set(FiveTuple tuple, boolean ipv6, long[] address, int ports) {
        return ipv6
                ? tuple.setIpv6(
                        address[0],
                        address[1],
                        address[2],
                        address[3],
                        6,
                        ports >>> 16,
                        ports & 0xffff)
                : tuple.setIpv4(
                        (int) address[0], (int) address[1], 6, ports >>> 16, ports & 0xffff);
    }

    private static long[] hashes(Flows flows) {
        FlowHash hash = FlowHash.seeded(SEED);
        FiveTuple tuple = new FiveTuple();
        Random random = new Random(1);
        long[] hashes = new long[FLOWS];
        for (int i = 0; i < FLOWS; i++) {
            flows.set(tuple, i, random);
            hashes[i] = hash.hash(tuple);
        }
        return hashes;
    }

    private static int collisions(long[] values) {
        Arrays.sort(values);
        int collisions = 0;
        for (int i = 1; i < values.length; i++) {
            if (values[i] == values[i - 1]) {
                collisions++;
            }
        }
        return collisions;
    }

    /** How many standard deviations chi-square lies from its mean. */
    private static double deviation(int[] counts) {
        double expected = (double) FLOWS / counts.length;
        double sum = 0;
        for (int count : counts) {
            sum += (count - expected) * (count - expected) / expected;
        }
        int freedom = counts.length - 1;
        return (sum - freedom) / Math.sqrt(2.0 * freedom);
    }
}
