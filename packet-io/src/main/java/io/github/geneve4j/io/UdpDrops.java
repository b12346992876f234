package io.github.geneve4j.io;

import java.io.IOException;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Reads how many datagrams Linux dropped at a full receive buffer, from {@code /proc/net/udp}: a
 * line for each socket, with the local address in hex digits second and the drops last.
 */
final class UdpDrops {
    static final long UNKNOWN = -1;

    private static final Path TABLE = Path.of("/proc/net/udp");
    private static final int LOCAL_COLUMN = 1;

    private UdpDrops() {}

    /** {@return the drops of all sockets on that port at those addresses, or {@link #UNKNOWN}} */
    static long of(List<Inet4Address> addresses, int port) {
        List<String> lines;
        try {
            lines = Files.readAllLines(TABLE);
        } catch (IOException e) {
            return UNKNOWN;
        }
        List<String> locals = addresses.stream().map(address -> local(address, port)).toList();
        return sum(lines, locals);
    }

    /** {@return the address as the table has it: its four bytes as one number of the host} */
    static String local(Inet4Address address, int port) {
        int number = ByteBuffer.wrap(address.getAddress()).order(ByteOrder.nativeOrder()).getInt();
        return String.format(Locale.ROOT, "%08X:%04X", number, port);
    }

    static long sum(List<String> lines, List<String> locals) {
        long drops = 0;
        boolean found = false;
        for (String line : lines) {
            String[] columns = line.trim().split("\\s+", -1);
            if (columns.length > LOCAL_COLUMN && locals.contains(columns[LOCAL_COLUMN])) {
                drops += Long.parseLong(columns[columns.length - 1]);
                found = true;
            }
        }
        return found ? drops : UNKNOWN;
    }
}
