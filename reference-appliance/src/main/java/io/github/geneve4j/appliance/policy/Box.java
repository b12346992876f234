package io.github.geneve4j.appliance.policy;

import java.util.ArrayList;
import java.util.List;

/**
 * Packets as a product: one set of numbers for each field, none of them empty, and a packet is in
 * the box if each of its fields is in that field's set.
 */
final class Box {
    private final long[][] fields; // Spans

    /** Takes the sets as they are; none is empty. */
    Box(long[]... fields) {
        this.fields = fields;
    }

    /** {@return the least number of a field} */
    long first(int field) {
        return fields[field][0];
    }

    /** {@return the greatest number of a field} */
    long last(int field) {
        return fields[field][fields[field].length - 1];
    }

    /** {@return whether a packet is in both boxes} */
    boolean intersects(Box other) {
        for (int i = 0; i < fields.length; i++) {
            if (!Spans.intersect(fields[i], other.fields[i])) {
                return false;
            }
        }
        return true;
    }

    /** {@return whether all packets of the other box are in this one} */
    boolean contains(Box other) {
        for (int i = 0; i < fields.length; i++) {
            if (!Spans.contains(fields[i], other.fields[i])) {
                return false;
            }
        }
        return true;
    }

    /**
     * {@return boxes without a packet in common, at most one for each field, that hold what is in
     * this one and not in the other}
     *
     * @param other has a packet in common with this
     */
    List<Box> minus(Box other) {
        List<Box> rest = new ArrayList<>();
        long[][] common = fields.clone(); // with the other, as far as fields were looked at
        for (int i = 0; i < fields.length; i++) {
            long[] outside = Spans.difference(fields[i], other.fields[i]);
            if (outside.length > 0) {
                long[][] part = common.clone();
                part[i] = outside;
                rest.add(new Box(part));
                common[i] = Spans.intersection(fields[i], other.fields[i]);
            }
        }
        return rest;
    }
}
