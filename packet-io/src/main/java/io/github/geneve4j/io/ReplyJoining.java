package io.github.geneve4j.io;

import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.Ethtool;
import io.github.geneve4j.io.sys.NetworkDevice;
import io.github.geneve4j.io.sys.SystemCallException;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whether replies may be handed to the kernel joined, as a {@link ReplyRun}, and why not.
 *
 * <p>They may where they leave the host as single packets, complete: the kernel cuts them before
 * the driver sees them and computes the checksums, since the interface has no features for either;
 * or it is a network card, for which it is the other end of the driver that counts. Virtual and
 * paravirtual interfaces that have the features pass joined packets on, and checksums that are not
 * yet computed, to whoever is at their other end.
 *
 * <p>Once off, it stays off: when the interface no longer is as it was, or the kernel refuses a
 * run.
 *
 * <p><b>Allocation:</b> none, unless the interface was changed. <b>Threads:</b> one for what
 * changes it, any for {@link #isOn} and {@link #toString}.
 */
final class ReplyJoining implements AutoCloseable {
    private static final String CUTS = "tx-udp-segmentation";
    private static final Set<String> SUMS = Set.of("tx-checksum-ipv4", "tx-checksum-ip-generic");
    private static final Pattern PCI =
            Pattern.compile("\\p{XDigit}{4,}:\\p{XDigit}{2}:\\p{XDigit}{2}\\.[0-7]");
    // Their bus is PCI as well, and what is behind it is a host that passes both on
    private static final Set<String> PARAVIRTUAL = Set.of("virtio_net", "vmxnet3");
    private static final String ON = "";

    private final @Nullable LinkWatch watch;
    private final int socket;
    private @Nullable NetworkDevice device; // as it is now
    private volatile String whyNot;

    /** As the interface is said to be, until the watch tells of a change. */
    ReplyJoining(
            @Nullable LinkWatch watch, int socket, @Nullable NetworkDevice device, String whyNot) {
        this.watch = watch;
        this.socket = socket;
        this.device = device;
        this.whyNot = whyNot;
    }

    /** {@return what never allows it} */
    static ReplyJoining off(String whyNot) {
        return new ReplyJoining(null, -1, null, whyNot);
    }

    /**
     * {@return what allows it as long as the interface does}
     *
     * @param device the interface, in the network namespace of this thread
     * @param socket descriptor of a socket in that namespace, of the Internet or of packets
     */
    static ReplyJoining of(NetworkDevice device, int socket) {
        LinkWatch watch = null;
        try {
            String whyNot = whyNot(device, socket);
            if (!whyNot.isEmpty()) {
                return off(whyNot);
            }
            watch = LinkWatch.open(device.index());
            ReplyJoining joining = new ReplyJoining(watch, socket, device, ON);
            joining.ask(); // of what changed until the watch began
            return joining;
        } catch (SystemCallException e) {
            return off(String.valueOf(e.getMessage()));
        } catch (Throwable e) {
            if (watch != null) {
                watch.close();
            }
            throw e;
        }
    }

    private static String whyNot(NetworkDevice device, int socket) throws SystemCallException {
        return whyNot(
                device.name(),
                Ethtool.driver(socket, device.name()),
                Ethtool.features(socket, device.name()));
    }

    /**
     * {@return why replies must not be joined; empty if they may}
     *
     * @param name of the interface
     * @param driver of it
     * @param features that are on
     */
    static String whyNot(String name, Ethtool.Driver driver, Set<String> features) {
        if (PCI.matcher(driver.bus()).matches() && !PARAVIRTUAL.contains(driver.name())) {
            return ON;
        }
        if (features.contains(CUTS)) {
            return name + " passes joined packets on";
        }
        for (String sums : SUMS) {
            if (features.contains(sums)) {
                return name + " passes checksums on that are open";
            }
        }
        return ON;
    }

    /** {@return whether replies may be joined, as far as is known} */
    boolean isOn() {
        return whyNot.isEmpty();
    }

    /** {@return why they may not be; empty if they may} */
    String whyNot() {
        return whyNot;
    }

    /** {@return most bytes of a frame without tags, as far as is known} */
    int maxFrameLength() {
        return device == null ? 0 : OuterFrame.ETHERNET_LENGTH + device.mtu();
    }

    /** Looks whether the interface was changed; {@return whether it was} */
    boolean look() {
        if (watch == null || !watch.hasChanged()) {
            return false;
        }
        ask();
        return true;
    }

    private void ask() {
        try {
            if (device != null) {
                device = device.now(socket);
                whyNot = whyNot(device, socket);
            }
        } catch (SystemCallException e) {
            whyNot = String.valueOf(e.getMessage());
        }
    }

    /** Notes that the kernel does not take runs. */
    void refused(int errno) {
        whyNot = "the kernel refused it: " + Errno.describe(errno);
    }

    /** {@return what becomes of replies, and why; for people} */
    @Override
    public String toString() {
        String why = whyNot;
        return why.isEmpty() ? "joined where alike" : "sent singly (" + why + ")";
    }

    @Override
    public void close() {
        if (watch != null) {
            watch.close();
        }
    }
}
