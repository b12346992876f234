package io.github.geneve4j.appliance.domain;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Names of servers, to look others up in: each itself ({@code example.com}), or all below it
 * ({@code *.example.com}, which is {@code a.example.com} and {@code b.a.example.com}, and not
 * {@code example.com}).
 *
 * <p>A look-up costs one hash for each label of the name, however long the list is.
 *
 * <p><b>Allocation:</b> none by {@link #contains}. <b>Threads:</b> any; immutable.
 */
public final class DomainList {
    private static final int FNV_PRIME = 0x01000193;
    private static final int FNV_BASIS = 0x811c9dc5;
    private static final String BELOW = "*.";

    private final byte[][] exact;
    private final byte[][] below;
    private final int size;

    private DomainList(Set<String> exact, Set<String> below) {
        this.exact = table(exact);
        this.below = table(below);
        this.size = exact.size() + below.size();
    }

    /**
     * {@return a list of these names}
     *
     * @param names each a name, or {@code *.} and a name; case and a dot at the end do not matter
     * @throws IllegalArgumentException if one is neither
     */
    public static DomainList of(Collection<String> names) {
        ServerName read = new ServerName();
        Set<String> exact = new LinkedHashSet<>();
        Set<String> below = new LinkedHashSet<>();
        for (String entry : names) {
            boolean all = entry.startsWith(BELOW);
            String name = all ? entry.substring(BELOW.length()) : entry;
            read.clear();
            name.chars().forEach(read::add);
            if (!read.end()) {
                throw new IllegalArgumentException(
                        "name '" + entry + "': not like example.com or *.example.com");
            }
            (all ? below : exact).add(read.toString());
        }
        return new DomainList(exact, below);
    }

    /** {@return how many different entries it has} */
    public int size() {
        return size;
    }

    /**
     * {@return whether the name is in the list}
     *
     * @param name not empty
     */
    public boolean contains(ServerName name) {
        int hash = FNV_BASIS;
        for (int i = name.length() - 1; i >= 0; i--) {
            byte b = name.at(i);
            if (b == '.' && has(below, hash, name, i + 1)) {
                return true;
            }
            hash = (hash ^ b) * FNV_PRIME;
        }
        return name.length() > 0 && has(exact, hash, name, 0);
    }

    /** {@return whether the table has the end of the name that begins there} */
    private static boolean has(byte[][] table, int hash, ServerName name, int from) {
        for (int slot = slot(hash, table); table[slot].length > 0; slot = next(slot, table)) {
            if (isEnd(table[slot], name, from)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isEnd(byte[] entry, ServerName name, int from) {
        if (entry.length != name.length() - from) {
            return false;
        }
        for (int i = 0; i < entry.length; i++) {
            if (entry[i] != name.at(from + i)) {
                return false;
            }
        }
        return true;
    }

    /** Open addressing, at most half full; an empty name is an empty slot. */
    private static byte[][] table(Set<String> names) {
        byte[][] table = new byte[Integer.highestOneBit(names.size() * 2 + 1) * 2][0];
        for (String name : names) {
            int hash = FNV_BASIS;
            for (int i = name.length() - 1; i >= 0; i--) {
                hash = (hash ^ (byte) name.charAt(i)) * FNV_PRIME;
            }
            int slot = slot(hash, table);
            while (table[slot].length > 0) {
                slot = next(slot, table);
            }
            table[slot] = name.getBytes(StandardCharsets.US_ASCII);
        }
        return table;
    }

    private static int slot(int hash, byte[][] table) {
        return (hash ^ hash >>> 15) & table.length - 1;
    }

    private static int next(int slot, byte[][] table) {
        return slot + 1 & table.length - 1;
    }
}
