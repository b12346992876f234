package io.github.geneve4j.simulator.wire;

import java.io.IOException;
import java.net.Inet4Address;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The Ethernet addresses of an interface's neighbours, as the kernel knows them: for who makes
 * whole frames. To find a neighbour, and to notice that its address has changed, stays the kernel's
 * part, which it plays for what it sends itself. So after each {@linkplain #read look} at the
 * kernel's table the first datagram to each neighbour is the kernel's to send, and all to those
 * that it does not know.
 *
 * <p><b>Allocation:</b> none but by a look. <b>Threads:</b> one.
 */
final class Neighbours {
    /** Says that the kernel has to send. */
    static final long KERNEL = -1;

    private static final Path TABLE = Path.of("/proc/thread-self/net/arp"); // this namespace's
    private static final int COMPLETE = 0x2; // ATF_COM: <linux/if_arp.h>
    private static final int COLUMNS = 6;
    private static final int ADDRESS = 0;
    private static final int FLAGS = 2;
    private static final int MAC = 3;
    private static final int DEVICE = 5;

    private int[] addresses = {};
    private long[] macs = {};
    private boolean[] sentTo = {}; // since the last look, by the kernel
    private boolean missed;
    private long unknown;

    /**
     * Looks at the kernel's table, of the network namespace that this thread is in.
     *
     * @param device name of the interface
     */
    void read(String device) throws IOException {
        take(Files.readAllLines(TABLE, StandardCharsets.US_ASCII), device);
    }

    /** Takes the lines of a table, of which the first is a heading. */
    void take(List<String> lines, String device) {
        Map<Integer, Long> known = new TreeMap<>();
        for (String line : lines) {
            String[] words = line.split(" +", -1);
            if (words.length == COLUMNS && words[DEVICE].equals(device)) {
                int flags = Integer.decode(words[FLAGS]);
                if ((flags & COMPLETE) != 0) {
                    Inet4Address address = Inet4Address.ofLiteral(words[ADDRESS]);
                    known.put(PacketLoop.number(address), mac(words[MAC]));
                }
            }
        }
        addresses = known.keySet().stream().mapToInt(Integer::intValue).toArray();
        macs = known.values().stream().mapToLong(Long::longValue).toArray();
        sentTo = new boolean[addresses.length];
        missed = false;
    }

    /**
     * {@return the Ethernet address to send the next datagram to, the lower 48 bits; or {@link
     * #KERNEL}}
     *
     * @param ipv4 address of who is to get it, big-endian
     */
    long next(int ipv4) {
        int i = Arrays.binarySearch(addresses, ipv4);
        if (i < 0) {
            missed = true;
            unknown++;
            return KERNEL;
        }
        if (!sentTo[i]) {
            sentTo[i] = true;
            return KERNEL;
        }
        return macs[i];
    }

    /** {@return whether somebody was asked for that the last look had not found} */
    boolean hasMissed() {
        return missed;
    }

    /** {@return datagrams to addresses that were not known} */
    long unknown() {
        return unknown;
    }

    private static long mac(String text) {
        return Long.parseLong(text.replace(":", ""), 16);
    }
}
