package io.github.geneve4j.appliance.track;

import static io.github.geneve4j.appliance.track.Segments.ACK;
import static io.github.geneve4j.appliance.track.Segments.FIN;
import static io.github.geneve4j.appliance.track.Segments.NO_SCALE;
import static io.github.geneve4j.appliance.track.Segments.RST;
import static io.github.geneve4j.appliance.track.Segments.SYN;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Random sessions, judged by the tracker and by a model that counts in numbers without end and
 * remembers what happened instead of states.
 */
class TcpModelTest {
    private static final int SESSIONS = Integer.getInteger("geneve4j.track.sessions", 2_000);
    private static final int SEGMENTS = 60;
    private static final int FAR = 1 << 29; // so that no comparison is by half of all numbers

    private final Map<String, Integer> seen = new TreeMap<>();

    @Test
    void judgesAsTheModelDoes() {
        for (int session = 0; session < SESSIONS; session++) {
            run(session, true);
        }
        for (TcpState state : TcpState.values()) {
            if (state != TcpState.NONE) {
                assertThat(seen).containsKey(state.name());
            }
        }
        for (InvalidReason reason : InvalidReason.values()) {
            if (reason != InvalidReason.NONE
                    && reason != InvalidReason.MISDIRECTED
                    && reason != InvalidReason.BAD_HEADER) {
                assertThat(seen).containsKey("INVALID " + reason);
            }
        }
        assertThat(seen)
                .containsKeys("NEW NONE", "KNOWN NONE", "MIDSTREAM NONE", "reused", "recovered");
        assertThat(seen.get("KNOWN NONE")).isGreaterThan(SESSIONS * SEGMENTS / 4);
    }

    @Test
    void judgesAsTheModelDoesWithoutWindows() {
        for (int session = 0; session < SESSIONS / 4; session++) {
            run(session, false);
        }
        assertThat(seen).doesNotContainKey("INVALID ABOVE_WINDOW");
    }

    private void run(int seed, boolean windows) {
        Random random = new Random(seed);
        ConnectionTracker tracker =
                ConnectionTracker.builder(4).datagrams(4).checksWindows(windows).build();
        Segments segments = new Segments(tracker);
        Model model = new Model(windows);
        // Near the end of the 32-bit numbers, so that many sessions pass it
        long[] first = {
            (1L << 40) - random.nextInt(200_000) + 100_000, (1L << 40) + random.nextInt()
        };
        int[] scaleOf = {random.nextInt(12) - 3, random.nextInt(12) - 3};
        List<Segment> story = new ArrayList<>();
        long cookie = 7;
        for (int i = 0; i < SEGMENTS; i++) {
            int side = random.nextInt(2);
            int other = 1 - side;
            int flags = flags(random, model, side);
            boolean syn = (flags & SYN) != 0;
            if (flags == SYN && random.nextInt(40) == 0) {
                cookie++;
            }
            if (syn && random.nextInt(10) == 0) {
                first[side] += random.nextInt(100_000) - 50_000;
            }
            int payload = syn || random.nextInt(3) == 0 ? 0 : random.nextInt(1400);
            long sequence = syn ? first[side] : near(random, model, side, first, payload);
            long acknowledgment =
                    (flags & ACK) == 0 ? 0 : nearAcknowledgment(random, model, other, first);
            segments.window = random.nextInt(20) == 0 ? 0 : random.nextInt(65536);
            boolean scales = syn && random.nextInt(8) != 0;
            segments.scale = scales ? Math.max(NO_SCALE, scaleOf[side]) : NO_SCALE;
            segments.cookie = cookie;
            boolean fromClient = side == 0;
            Segment segment =
                    new Segment(
                            side,
                            flags,
                            sequence,
                            acknowledgment,
                            payload,
                            segments.window,
                            segments.scale,
                            cookie);
            story.add(segment);
            Outcome outcome = segments.look(fromClient, flags, sequence, acknowledgment, payload);
            String expected = model.step(segment);
            String actual = outcome + " " + tracker.reason();
            if (!actual.equals(expected)) {
                assertThat(actual).as("session %s: %s", seed, story).isEqualTo(expected);
            }
            if (outcome == Outcome.NEW || outcome == Outcome.MIDSTREAM) {
                boolean begin = outcome == Outcome.NEW || random.nextInt(8) == 0;
                if (begin) {
                    if (model.known) {
                        seen.merge("reused", 1, Integer::sum);
                    }
                    segments.begin();
                    model.begin(segment);
                }
            }
            seen.merge(actual, 1, Integer::sum);
            if (model.known) {
                int flow = tracker.table().peek(1, segments.tuple, 0);
                String state = tracker.state(flow).name();
                if (!state.equals(model.state())) {
                    assertThat(state).as("session %s: %s", seed, story).isEqualTo(model.state());
                }
                seen.merge(model.state(), 1, Integer::sum);
            } else {
                assertThat(tracker.size()).isZero();
            }
            if (model.recovered) {
                seen.merge("recovered", 1, Integer::sum);
                model.recovered = false;
            }
        }
    }

    private static int flags(Random random, Model model, int side) {
        int chance = random.nextInt(100);
        if (!model.known) {
            return chance < 80 ? SYN : ACK;
        }
        if (!model.synOf[1] && chance < 60) {
            return side == model.beginner ? SYN : chance < 45 ? SYN | ACK : SYN;
        }
        if (chance < 70) {
            return ACK;
        }
        if (chance < 80) {
            return FIN | ACK;
        }
        return switch (chance % 10) {
            case 0 -> random.nextInt(64) & (FIN | SYN | RST | ACK);
            case 1, 2 -> SYN;
            case 3, 4 -> SYN | ACK;
            case 5 -> RST;
            case 6 -> RST | ACK;
            default -> ACK;
        };
    }

    private static long near(Random random, Model model, int side, long[] first, int payload) {
        if (!model.known || !model.numbersOf(side)) {
            return first[side] + 1 + random.nextInt(3);
        }
        long end = model.end(side);
        return switch (random.nextInt(16)) {
            case 0 -> end - 1;
            case 1 -> end - payload;
            case 2 -> model.limit(side);
            case 3 -> model.limit(side) + 1;
            case 4 -> end - model.window(1 - side) - 1 - payload;
            case 5 -> end - model.window(1 - side) - 2 - payload;
            case 6 -> end + random.nextInt(2000);
            case 7 -> end + random.nextInt(FAR) - FAR / 2;
            default -> end;
        };
    }

    private static long nearAcknowledgment(Random random, Model model, int other, long[] first) {
        if (!model.known || !model.numbersOf(other)) {
            return first[other] + 1 + random.nextInt(3);
        }
        long end = model.end(other);
        return switch (random.nextInt(20)) {
            case 0 -> end - 1;
            case 1 -> end + 1;
            case 2 -> end - 66_000;
            case 3 -> end - Math.max(66_000, model.window(1 - other)) - 1;
            case 4 -> end + random.nextInt(FAR) - FAR / 2;
            case 5, 6 -> end - random.nextInt(1500);
            default -> end;
        };
    }

    /** One segment; numbers do not wrap. */
    private record Segment(
            int side,
            int flags,
            long sequence,
            long acknowledgment,
            int payload,
            int window,
            int scale,
            long cookie) {
        boolean is(int flag) {
            return (flags & flag) != 0;
        }

        @Override
        public String toString() {
            return (side == 0 ? ">" : "<")
                    + (is(SYN) ? "S" : "")
                    + (is(FIN) ? "F" : "")
                    + (is(RST) ? "R" : "")
                    + (is(ACK) ? "A" : "")
                    + (" " + sequence + "/" + acknowledgment + "+" + payload + " w" + window)
                    + (" s" + scale + " c" + cookie);
        }
    }

    /** A connection by what happened in it; sides are those of the wire, 0 and 1. */
    private static final class Model {
        private final boolean checks;
        boolean known;
        boolean recovered;
        int beginner;
        private boolean midstream;
        private boolean answered; // SYN and ACK by the responder, to the SYN of the beginner alone
        private boolean both; // each sent a SYN alone
        private boolean[] acknowledged = new boolean[2];
        private boolean established;
        private boolean[] fin = new boolean[2];
        private boolean reset;
        private boolean trusted;
        private boolean twice; // the responder has answered with different numbers
        private boolean beginsAgain; // the beginner, says a SYN, and the responder not otherwise
        boolean[] synOf = new boolean[2]; // of beginner and responder
        private long cookie;
        private long[] end = new long[2];
        private long[] limit = new long[2];
        private long[] window = new long[2];
        private int[] scale = new int[2];
        // What the table believes of the end of the connection
        private boolean tableReset;
        private boolean[] tableFin = new boolean[2];
        private boolean[] wentOn = new boolean[2];

        Model(boolean checks) {
            this.checks = checks;
        }

        boolean numbersOf(int side) {
            return checks && !midstream && synOf[side == beginner ? 0 : 1];
        }

        long end(int side) {
            return end[side];
        }

        long limit(int side) {
            return limit[side];
        }

        long window(int side) {
            return Math.max(1, window[side]);
        }

        String state() {
            if (reset) {
                return "RESET";
            }
            int responder = 1 - beginner;
            if (fin[0] && fin[1]) {
                return "CLOSED";
            }
            if (fin[beginner]) {
                return "CLOSING_BY_BEGINNER";
            }
            if (fin[responder]) {
                return "CLOSING_BY_RESPONDER";
            }
            if (established || (both && acknowledged[0] && acknowledged[1])) {
                return "ESTABLISHED";
            }
            if (both) {
                return acknowledged[beginner]
                        ? "BOTH_SYN_BEGINNER_ACKNOWLEDGED"
                        : acknowledged[responder] ? "BOTH_SYN_RESPONDER_ACKNOWLEDGED" : "BOTH_SYN";
            }
            return answered ? "SYN_RECEIVED" : "SYN_SENT";
        }

        private boolean opening() {
            String state = state();
            return state.startsWith("SYN") || state.startsWith("BOTH");
        }

        void begin(Segment s) {
            known = true;
            boolean answer = s.is(SYN) && s.is(ACK);
            beginner = answer ? 1 - s.side : s.side;
            midstream = s.flags != SYN;
            answered = answer;
            both = false;
            acknowledged = new boolean[2];
            established = !s.is(SYN) && !s.is(RST) && !s.is(FIN);
            fin = new boolean[2];
            fin[s.side] = s.is(FIN);
            reset = s.is(RST);
            trusted = false;
            beginsAgain = false;
            twice = false;
            synOf = new boolean[] {s.is(SYN), answer};
            cookie = s.cookie;
            scale = new int[] {NO_SCALE, NO_SCALE};
            tableReset = s.is(RST);
            tableFin = fin.clone();
            wentOn = new boolean[2];
            if (!midstream) {
                open(s);
            }
        }

        private void openAgain(Segment s) {
            long endBefore = end[s.side];
            long windowBefore = window[s.side];
            int scaleBefore = scale[s.side];
            open(s);
            end[s.side] = Math.max(end[s.side], endBefore);
            window[s.side] = Math.max(window[s.side], windowBefore);
            scale[s.side] = s.scale == NO_SCALE ? scaleBefore : s.scale;
        }

        private void open(Segment s) {
            end[s.side] = s.sequence + 1 + s.payload;
            limit[s.side] = s.sequence + 1;
            window[s.side] = Math.max(1, s.window);
            scale[s.side] = s.scale;
        }

        String step(Segment s) {
            boolean good =
                    switch (s.flags) {
                        case SYN, SYN | ACK, RST, RST | ACK, FIN | ACK, ACK -> true;
                        default -> false;
                    };
            if (!good) {
                return "INVALID BAD_FLAGS";
            }
            if (!known) {
                return s.flags == SYN ? "NEW NONE" : "MIDSTREAM NONE";
            }
            String state = state();
            if (s.flags == SYN
                    && (state.equals("CLOSED") || (reset && trusted) || s.cookie != cookie)) {
                return "NEW NONE";
            }
            boolean byBeginner = s.side == beginner;
            boolean numbered = checks && !midstream;
            if (s.flags == SYN && numbered && state.equals("SYN_RECEIVED") && byBeginner) {
                long ahead = end[s.side] - s.sequence - 1;
                if (ahead < 0 || ahead > 65535) {
                    return "NEW NONE"; // another try
                }
            }
            if (s.flags == (SYN | ACK) && !numbered && (reset || (beginsAgain && !byBeginner))) {
                known = false; // the server knows of no such connection
                return "MIDSTREAM NONE";
            }
            boolean silent = state.equals("SYN_SENT"); // the responder has said nothing that counts
            if (silent && byBeginner && s.is(ACK) && !s.is(RST)) {
                return "INVALID UNEXPECTED";
            }
            if (state.equals("SYN_RECEIVED") && byBeginner && s.flags == (SYN | ACK)) {
                return "INVALID UNEXPECTED";
            }
            boolean counts = true;
            if (numbered) {
                if (silent && byBeginner && s.is(RST)) {
                    counts = s.sequence >= limit[s.side] - 1 && s.sequence <= end[s.side];
                    trusted |= counts;
                } else {
                    String bad = numbers(s, state, byBeginner, silent);
                    if (!bad.isEmpty()) {
                        return "INVALID " + bad;
                    }
                    if (s.is(RST)) {
                        trusted |= opening() || s.sequence == end[s.side];
                    }
                }
            } else if (s.is(RST)) {
                trusted |= opening();
            }
            if (tableFin[0] && tableFin[1] && s.flags == SYN) {
                known = false; // as after two closes that only the table believed
                return "NEW NONE";
            }
            cookie = s.cookie;
            if (counts) {
                if (!byBeginner) {
                    beginsAgain = false;
                } else if (s.flags == SYN && !opening()) {
                    beginsAgain = true;
                }
                happen(s, state, byBeginner, silent);
                tableNotes(s);
            }
            return "KNOWN NONE";
        }

        private String numbers(Segment s, String state, boolean byBeginner, boolean silent) {
            int o = 1 - s.side;
            if (s.flags == SYN) {
                if (silent && byBeginner && s.sequence + 1 == limit[s.side]) {
                    openAgain(s);
                } else if (silent) {
                    open(s);
                }
                return "";
            }
            boolean unanswered =
                    silent
                            || state.equals("BOTH_SYN")
                            || state.equals("BOTH_SYN_BEGINNER_ACKNOWLEDGED");
            long behind = end[s.side] - s.sequence - 1;
            boolean another = state.equals("SYN_RECEIVED") && (behind < 0 || behind > 65535);
            if (s.flags == (SYN | ACK) && !byBeginner && (unanswered || another)) {
                String bad = acknowledges(s, another ? end[o] : limit[o]);
                if (bad.isEmpty()) {
                    twice |= another;
                    open(s);
                    limit[s.side] = s.sequence + 1 + window[o];
                    limit[o] = Math.max(limit[o], s.acknowledgment + Math.max(1, s.window));
                }
                return bad;
            }
            if (silent) {
                if (!s.is(RST)) {
                    return "";
                }
                return s.is(ACK) ? acknowledges(s, limit[o]) : "UNEXPECTED";
            }
            if (reset && !synOf[1]) {
                return "UNEXPECTED";
            }
            boolean takes = twice && byBeginner && s.is(ACK) && !s.is(SYN) && !s.is(RST);
            if (takes && s.sequence == end[s.side]) {
                end[o] = s.acknowledgment;
                limit[o] = s.acknowledgment + window[s.side];
            }
            long to = s.sequence + s.payload + (s.is(SYN) || s.is(FIN) ? 1 : 0);
            if (s.flags == (SYN | ACK) && !opening() && to != end[s.side]) {
                return "UNEXPECTED"; // of another connection
            }
            if (s.sequence > limit[s.side]) {
                return "ABOVE_WINDOW";
            }
            if (to < end[s.side] - window[o] - 1) {
                return "BELOW_WINDOW";
            }
            boolean acknowledges = s.is(ACK) && !(s.is(RST) && (int) s.acknowledgment == 0);
            if (acknowledges && s.acknowledgment > end[o]) {
                return "ACKNOWLEDGES_UNSENT";
            }
            if (acknowledges && s.acknowledgment < end[o] - Math.max(66_000, window[s.side])) {
                return "ACKNOWLEDGES_OLD";
            }
            twice &= !takes;
            if (s.is(RST)) {
                return "";
            }
            boolean scaled = !s.is(SYN) && scale[0] != NO_SCALE && scale[1] != NO_SCALE;
            long offered = (long) s.window << (scaled ? scale[s.side] : 0);
            end[s.side] = Math.max(end[s.side], to);
            window[s.side] = Math.max(window[s.side], offered);
            limit[o] = Math.max(limit[o], s.acknowledgment + Math.max(1, offered));
            return "";
        }

        private String acknowledges(Segment s, long least) {
            int o = 1 - s.side;
            return s.acknowledgment < least
                    ? "ACKNOWLEDGES_OLD"
                    : s.acknowledgment > end[o] ? "ACKNOWLEDGES_UNSENT" : "";
        }

        private void happen(Segment s, String state, boolean byBeginner, boolean silent) {
            if (s.is(RST)) {
                reset = reset || !state.equals("CLOSED");
                return;
            }
            if (reset || state.equals("CLOSED")) {
                return;
            }
            if (s.flags == SYN) {
                if (silent && !byBeginner) {
                    both = true;
                    synOf[1] = true;
                }
            } else if (s.is(SYN)) {
                if (both) {
                    acknowledged[s.side] = true;
                } else if (silent) {
                    answered = true;
                    synOf[1] = true;
                }
            } else if (!silent) {
                fin[s.side] |= s.is(FIN);
                acknowledged[s.side] = true;
                established |= answered && byBeginner;
            }
        }

        private void tableNotes(Segment s) {
            if (s.is(RST)) {
                tableReset = true;
                wentOn = new boolean[2];
            } else if (s.is(FIN)) {
                tableFin[s.side] = true;
                wentOn = new boolean[2];
            } else {
                boolean bothFin = tableFin[0] && tableFin[1];
                if (!s.is(SYN) && (tableReset || bothFin) && !(bothFin && s.payload == 0)) {
                    wentOn[s.side] = true;
                }
                if (wentOn[0] && wentOn[1]) {
                    tableReset = false;
                    tableFin = new boolean[2];
                    wentOn = new boolean[2];
                }
            }
            boolean over = reset || (fin[0] && fin[1]);
            if (over && !tableReset && !(tableFin[0] && tableFin[1])) {
                reset = false;
                trusted = false;
                fin = new boolean[2];
                established = true;
                recovered = true;
            }
        }
    }
}
