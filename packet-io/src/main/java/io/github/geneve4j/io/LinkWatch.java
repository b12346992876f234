package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.github.geneve4j.io.sys.ClassicBpf;
import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.InterfaceFlags;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.Netlink;
import io.github.geneve4j.io.sys.Netlink.LinkMessage;
import io.github.geneve4j.io.sys.Netlink.SockaddrNl;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SystemCallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Tells whether somebody has changed a network interface: its MTU, its features, its name, whether
 * it is up. The kernel says so in messages, none of them about other interfaces; to look for them
 * takes one short call that does not wait for anybody.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one.
 */
final class LinkWatch implements AutoCloseable {
    private static final int MAX_MESSAGES = 64; // looked at in one go

    private final Descriptor socket;
    private final MemorySegment message = Arena.ofAuto().allocate(LinkMessage.SIZE, Integer.BYTES);

    private LinkWatch(Descriptor socket) {
        this.socket = socket;
    }

    /**
     * {@return a watch that begins now}
     *
     * @param index of an interface in the network namespace of this thread
     */
    static LinkWatch open(int index) throws SystemCallException {
        int type = SocketHeader.SOCK_RAW | SocketHeader.SOCK_NONBLOCK | SocketHeader.SOCK_CLOEXEC;
        Descriptor socket =
                Descriptor.of(
                        Libc.socket(Netlink.AF_NETLINK, type, Netlink.NETLINK_ROUTE),
                        "socket(AF_NETLINK)");
        try (Arena arena = Arena.ofConfined()) {
            ClassicBpf.attach(socket.number(), about(index));
            MemorySegment address = arena.allocate(SockaddrNl.SIZE, Integer.BYTES);
            address.set(JAVA_SHORT, SockaddrNl.FAMILY, (short) Netlink.AF_NETLINK);
            address.set(JAVA_INT, SockaddrNl.GROUPS, Netlink.RTMGRP_LINK);
            SystemCallException.require(Libc.bind(socket.number(), address), "bind(AF_NETLINK)");
            return new LinkWatch(socket);
        } catch (Throwable e) {
            socket.close();
            throw e;
        }
    }

    /** {@return a filter for messages about one interface: others' would fill the socket} */
    private static long[] about(int index) {
        return new long[] {
            ClassicBpf.instruction(ClassicBpf.LOAD_INT, 0, 0, (int) LinkMessage.INDEX),
            ClassicBpf.instruction(ClassicBpf.JUMP_IF_EQUAL, 0, 1, Integer.reverseBytes(index)),
            ClassicBpf.instruction(ClassicBpf.RETURN, 0, 0, ClassicBpf.WHOLE),
            ClassicBpf.instruction(ClassicBpf.RETURN, 0, 0, 0)
        };
    }

    /** {@return whether the interface may have changed since this watch was asked last} */
    boolean hasChanged() {
        return look(0);
    }

    /** {@return whether it may have been down since this watch was asked last} */
    boolean hasBeenDown() {
        return look(InterfaceFlags.IFF_UP);
    }

    /**
     * Reads the messages. {@return whether there may have been one}
     *
     * @param without only those that tell that it is without this flag; 0 for all
     */
    private boolean look(int without) {
        boolean found = false;
        for (int i = 0; i < MAX_MESSAGES; i++) {
            long length = Libc.recvfrom(socket.number(), message, SocketHeader.MSG_DONTWAIT);
            if (length == -Errno.EAGAIN) {
                return found;
            }
            // An error: messages were lost, or there are none to be had
            found |=
                    length < LinkMessage.SIZE
                            || (message.get(JAVA_INT, LinkMessage.FLAGS) & without) == 0;
        }
        return found || without == 0; // what is left is for the next look
    }

    @Override
    public void close() {
        socket.close();
    }
}
