package io.github.geneve4j.io.bpf;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.geneve4j.io.sys.BpfHeader;
import io.github.geneve4j.io.sys.BpfHeader.MapCreate;
import io.github.geneve4j.io.sys.BpfHeader.MapElement;
import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.MappedMemory;
import io.github.geneve4j.io.sys.Mman;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A table that programs in the kernel and this process share. It lives as long as its descriptor is
 * open or a loaded program refers to it.
 *
 * <p>Values of a map with one for each processor are an array of as many as the machine can have,
 * each rounded up to 8 bytes. <b>Threads:</b> any.
 */
public final class BpfMap implements AutoCloseable {
    private final Descriptor descriptor;
    private final String name;
    private final int keySize;

    private BpfMap(Descriptor descriptor, String name, int keySize) {
        this.descriptor = descriptor;
        this.name = name;
        this.keySize = keySize;
    }

    /**
     * {@return a new map}
     *
     * @param type what it holds
     * @param name for administrators, 1 to 15 letters, digits, underscores or dots
     * @param keySize bytes of a key
     * @param valueSize bytes of a value
     * @param maxEntries how many entries it can have
     * @throws IOException if the kernel does not make it
     */
    public static BpfMap create(
            MapType type, String name, int keySize, int valueSize, int maxEntries)
            throws IOException {
        return create(type, name, keySize, valueSize, maxEntries, 0);
    }

    /**
     * {@return a new {@link MapType#ARRAY} whose values this process can read without a system
     * call, see {@link #mapValues}}
     *
     * @param name for administrators, 1 to 15 letters, digits, underscores or dots
     * @param valueSize bytes of a value
     * @param maxEntries how many entries it has
     * @throws IOException if the kernel does not make it; before Linux 5.5 it cannot
     */
    public static BpfMap createShared(String name, int valueSize, int maxEntries)
            throws IOException {
        int flags = BpfHeader.BPF_F_MMAPABLE;
        return create(MapType.ARRAY, name, Integer.BYTES, valueSize, maxEntries, flags);
    }

    private static BpfMap create(
            MapType type, String name, int keySize, int valueSize, int maxEntries, int flags)
            throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = BpfSystem.attributes(arena);
            attributes.set(JAVA_INT, MapCreate.TYPE, type.code);
            attributes.set(JAVA_INT, MapCreate.FLAGS, flags);
            attributes.set(JAVA_INT, MapCreate.KEY_SIZE, keySize);
            attributes.set(JAVA_INT, MapCreate.VALUE_SIZE, valueSize);
            attributes.set(JAVA_INT, MapCreate.MAX_ENTRIES, maxEntries);
            BpfSystem.putName(attributes, MapCreate.NAME, name);
            Descriptor descriptor =
                    Descriptor.of(
                            BpfSystem.call(BpfHeader.BPF_MAP_CREATE, attributes),
                            "bpf(BPF_MAP_CREATE, " + type + ")",
                            BpfSystem.CAPABILITIES);
            return new BpfMap(descriptor, name, keySize);
        }
    }

    /** {@return the descriptor, for {@link Assembler#movMap}} */
    public int descriptor() {
        return descriptor.number();
    }

    /**
     * {@return the values of a map that {@link #createShared} made, each rounded up to 8 bytes;
     * they stay when the map is closed}
     *
     * @param length bytes of all of them
     * @throws IOException if there is no such memory
     */
    public MappedMemory mapValues(long length) throws IOException {
        return MappedMemory.map(
                descriptor.number(), 0, length, Mman.MAP_SHARED, "mmap(" + name + ")");
    }

    /**
     * Writes an entry, whether it is there or not.
     *
     * @param key as long as the map's keys
     * @param value as long as the map's values
     * @throws IOException if the kernel refuses it
     */
    public void put(MemorySegment key, MemorySegment value) throws IOException {
        SystemCallException.require(
                element(BpfHeader.BPF_MAP_UPDATE_ELEM, key, value),
                "bpf(BPF_MAP_UPDATE_ELEM, " + name + ")",
                BpfSystem.CAPABILITIES);
    }

    /**
     * Writes an entry of a map from {@code u32} to {@code u32}.
     *
     * @param key of the entry
     * @param value of the entry; a descriptor for {@link MapType#XSKMAP}
     * @throws IOException if the kernel refuses it
     */
    public void put(int key, int value) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            put(arena.allocateFrom(JAVA_INT, key), arena.allocateFrom(JAVA_INT, value));
        }
    }

    /**
     * {@return whether the entry is there}
     *
     * @param key as long as the map's keys
     * @param value to be filled, as long as the map's values
     * @throws IOException if the kernel cannot tell
     */
    public boolean find(MemorySegment key, MemorySegment value) throws IOException {
        return isFound(BpfHeader.BPF_MAP_LOOKUP_ELEM, key, value, "BPF_MAP_LOOKUP_ELEM");
    }

    /**
     * {@return whether the entry was there}
     *
     * @param key as long as the map's keys
     * @throws IOException if the kernel does not remove it
     */
    public boolean remove(MemorySegment key) throws IOException {
        return isFound(
                BpfHeader.BPF_MAP_DELETE_ELEM, key, MemorySegment.NULL, "BPF_MAP_DELETE_ELEM");
    }

    /**
     * {@return whether the entry was there, in a map from {@code u32}}
     *
     * @param key of the entry
     * @throws IOException if the kernel does not remove it
     */
    public boolean remove(int key) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            return remove(arena.allocateFrom(JAVA_INT, key));
        }
    }

    /** Lets go of the map; programs that refer to it keep it. */
    @Override
    public void close() {
        descriptor.close();
    }

    private boolean isFound(int command, MemorySegment key, MemorySegment value, String constant)
            throws IOException {
        int result = element(command, key, value);
        if (result == -Errno.ENOENT) {
            return false;
        }
        SystemCallException.require(
                result, "bpf(" + constant + ", " + name + ")", BpfSystem.CAPABILITIES);
        return true;
    }

    private int element(int command, MemorySegment key, MemorySegment value) throws IOException {
        if (key.byteSize() != keySize) {
            throw new IllegalArgumentException("key of " + key.byteSize() + ": not " + keySize);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = BpfSystem.attributes(arena);
            attributes.set(JAVA_INT, MapElement.MAP_FD, descriptor.number());
            attributes.set(JAVA_LONG, MapElement.KEY, key.address());
            attributes.set(JAVA_LONG, MapElement.VALUE, value.address());
            attributes.set(JAVA_LONG, MapElement.FLAGS, BpfHeader.BPF_ANY);
            return BpfSystem.call(command, attributes);
        }
    }
}
