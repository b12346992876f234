package io.github.geneve4j.simulator.load;

import org.HdrHistogram.Histogram;

/**
 * What became of the packets of one run. Every packet that was sent had a right reply, a corrupt
 * one, or is lost. A reply that does not tell whose it is counts as corrupt, and its packet as lost
 * besides.
 *
 * @param nanos how long packets were sent
 * @param sent packets that the interface took
 * @param inTime right replies that came while packets were sent; the rest came after
 * @param right first replies that were as they had to be
 * @param corrupt replies that differ from what they had to be, or answer nothing that was sent
 * @param lost packets that were not answered in time
 * @param late replies to packets that count as lost
 * @param doubled replies to packets that were answered already
 * @param reordered right replies that were overtaken by a later one of their flow
 * @param foreign frames that are no datagrams: ICMP errors, for one
 * @param ringDrops frames that the generator itself had no room for
 * @param latency nanoseconds from sending to reply, where it was measured; empty otherwise
 */
public record LoadResult(
        long nanos,
        long sent,
        long inTime,
        long right,
        long corrupt,
        long lost,
        long late,
        long doubled,
        long reordered,
        long foreign,
        long ringDrops,
        Histogram latency) {

    /** {@return right replies for each second} */
    public double rate() {
        return inTime * 1e9 / nanos;
    }

    /** {@return whether each packet came back right, once, and in order, and nothing else came} */
    public boolean isFlawless() {
        return right == sent && corrupt + late + doubled + reordered + foreign + ringDrops == 0;
    }

    /** {@return what was wrong, in short; empty if nothing was} */
    public String flaws() {
        StringBuilder text = new StringBuilder();
        flaw(text, "lost", lost);
        flaw(text, "late", late);
        flaw(text, "doubled", doubled);
        flaw(text, "reordered", reordered);
        flaw(text, "corrupt", corrupt);
        flaw(text, "foreign", foreign);
        flaw(text, "dropped by the generator", ringDrops);
        return text.toString();
    }

    private static void flaw(StringBuilder text, String name, long count) {
        if (count > 0) {
            text.append(text.isEmpty() ? "" : ", ").append(count).append(' ').append(name);
        }
    }
}
