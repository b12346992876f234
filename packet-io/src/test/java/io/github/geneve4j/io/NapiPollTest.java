package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How a port comes to know what to poll, whatever the kernel does. */
class NapiPollTest {
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LESSON = NapiPoll.LESSON_MILLIS * MILLI;
    private static final String UNTAUGHT = "as soon as datagrams come";
    private static final String TAUGHT = "by a UDP socket";
    private static final String IN_VAIN =
            "not possible (no UDP socket gets what comes: a firewall, rp_filter, VLAN tags?)";

    private final FakeNapiCalls kernel = new FakeNapiCalls(2);
    private final PortCounters counters = new PortCounters();
    private long now = Long.MAX_VALUE - 3; // the clock may begin anywhere

    private NapiPoll open() {
        return new NapiPoll(kernel, counters, () -> now);
    }

    @Test
    void learnsFromWhatReachesASocketAndPollsByIt() throws Exception {
        NapiPoll poll = open();
        poll.look();
        assertThat(poll).hasToString(UNTAUGHT);
        assertThat(kernel.isRedirected).isTrue();
        poll.came();
        assertThat(kernel.isRedirected).isFalse();
        assertThat(poll.isLearning()).isTrue();
        assertThat(poll.isPolling()).isFalse();
        poll.look();
        assertThat(poll.isLearning()).isTrue();
        kernel.pupil(1).gets(1, true);
        poll.look();
        assertThat(kernel.isRedirected).isTrue();
        assertThat(poll).hasToString(TAUGHT);
        assertThat(poll.isPolling()).isTrue();
        assertThat(poll.isLearning()).isFalse();
        assertThat(kernel.pupil(1).isDeaf).isTrue();
        assertThat(kernel.open()).containsExactly(kernel.pupil(1));
        int polls = kernel.pupil(1).polls;
        poll.look();
        poll.came();
        poll.look();
        assertThat(kernel.pupil(1).polls).isEqualTo(polls + 2);
        poll.letGo();
        assertThat(kernel.pupil(1).lettings).isEqualTo(1);
        assertThat(kernel.isRedirected).isTrue();
        poll.close();
        assertThat(kernel.open()).isEmpty();
        assertThat(kernel.isClosed).isTrue();
    }

    @Test
    void countsWhatReachedAnySocket() throws Exception {
        NapiPoll poll = open();
        poll.came();
        kernel.pupil(0).gets(3, true);
        kernel.pupil(1).gets(4, true);
        kernel.onRedirect = () -> kernel.pupil(1).gets(5, true); // until then
        poll.look();
        assertThat(poll).hasToString(TAUGHT);
        assertThat(counters.skipped(ReceiveSkip.LESSON)).isEqualTo(12);
        assertThat(kernel.open()).hasSize(1);
    }

    @Test
    void learnsFromTheLastMomentOfALesson() throws Exception {
        NapiPoll poll = open();
        poll.came();
        now += LESSON;
        kernel.onRedirect = () -> kernel.pupil(0).gets(1, true);
        poll.look();
        assertThat(poll).hasToString(TAUGHT);
        assertThat(counters.skipped(ReceiveSkip.LESSON)).isEqualTo(1);
    }

    @Test
    void endsALessonInVain() throws Exception {
        NapiPoll poll = open();
        poll.came();
        now += LESSON - 1;
        poll.look();
        assertThat(kernel.isRedirected).isFalse();
        now++;
        poll.letGo(); // as well as by a look
        assertThat(kernel.isRedirected).isTrue();
        assertThat(poll).hasToString(UNTAUGHT);
        assertThat(poll.isLearning()).isFalse();
    }

    @Test
    void waitsTwiceAsLongEachTimeAndGivesUpAtLast() throws Exception {
        NapiPoll poll = open();
        long pause = 0;
        for (int lesson = 1; lesson <= NapiPoll.MOST_LESSONS; lesson++) {
            assertThat(poll).hasToString(UNTAUGHT);
            if (pause > 0) {
                now += pause - 1;
                poll.came();
                assertThat(poll.isLearning()).as("before lesson %d", lesson).isFalse();
                now++;
            }
            poll.came();
            assertThat(poll.isLearning()).as("lesson %d", lesson).isTrue();
            now += LESSON;
            poll.look();
            pause = pause == 0 ? 100 * MILLI : Math.min(2 * pause, 51_200 * MILLI);
        }
        assertThat(poll).hasToString(IN_VAIN);
        assertThat(kernel.open()).isEmpty();
        now += TimeUnit.HOURS.toNanos(1);
        poll.came();
        poll.check();
        poll.look();
        assertThat(poll).hasToString(IN_VAIN);
        assertThat(kernel.isRedirected).isTrue();
        kernel.isDown = true;
        poll.check();
        assertThat(poll).hasToString(UNTAUGHT);
    }

    @Test
    void doesWithoutWhereNothingTells() throws Exception {
        NapiPoll poll = open();
        poll.came();
        kernel.pupil(0).gets(2, false);
        poll.look();
        assertThat(poll).hasToString("not possible (it receives without NAPI)");
        assertThat(kernel.isRedirected).isTrue();
        assertThat(kernel.open()).isEmpty();
        assertThat(counters.skipped(ReceiveSkip.LESSON)).isEqualTo(2);
        poll.look();
        poll.letGo();
        assertThat(poll.isPolling()).isFalse();
    }

    @Test
    void doesWithoutWhereNothingCanBeLeftToTheStack() {
        NapiPoll poll = open();
        kernel.removing = new IOException("no memory");
        poll.came();
        assertThat(poll).hasToString("not possible (no memory)");
        assertThat(kernel.isRedirected).isTrue();
        assertThat(poll.isLearning()).isFalse();
        assertThat(kernel.open()).isEmpty();
    }

    @Test
    void redirectsAsSoonAsItCan() throws Exception {
        NapiPoll poll = open();
        poll.came();
        kernel.pupil(0).gets(1, true);
        kernel.redirecting = new IOException("no memory");
        for (int i = 0; i < 4; i++) {
            poll.look();
            assertThat(poll.isLearning()).isTrue();
            kernel.pupil(0).gets(1, true);
            now += 1000 * MILLI;
        }
        kernel.redirecting = null;
        poll.look();
        assertThat(poll).hasToString(TAUGHT);
        assertThat(kernel.isRedirected).isTrue();
        assertThat(counters.skipped(ReceiveSkip.LESSON)).isEqualTo(5);
    }

    @Test
    void endsThePortIfNothingComesToItForSeconds() throws Exception {
        NapiPoll poll = open();
        for (int lesson = 0; lesson < 2; lesson++) { // each has its own patience
            poll.came();
            now += LESSON;
            kernel.redirecting = new IOException("no memory");
            poll.look();
            now += 4999 * MILLI;
            poll.look();
            assertThat(poll.isLearning()).isTrue();
            if (lesson == 0) {
                kernel.redirecting = null;
                poll.look();
                assertThat(poll).hasToString(UNTAUGHT);
                now += 100 * MILLI;
            }
        }
        now += MILLI;
        assertThatThrownBy(poll::look).isSameAs(kernel.redirecting);
    }

    @Test
    void beginsAnewAfterAnOutage() throws Exception {
        NapiPoll poll = open();
        poll.came();
        kernel.pupil(0).gets(1, true);
        poll.look();
        poll.check();
        assertThat(poll).hasToString(TAUGHT);
        kernel.isDown = true;
        poll.check();
        assertThat(poll).hasToString(UNTAUGHT);
        assertThat(kernel.open()).containsExactly(kernel.pupil(2), kernel.pupil(3));
        poll.came();
        assertThat(poll.isLearning()).isTrue();
        kernel.pupil(2).gets(1, true);
        poll.look();
        assertThat(poll).hasToString(TAUGHT);
        assertThat(kernel.open()).containsExactly(kernel.pupil(2));
    }

    @Test
    void endsALessonInWhichTheInterfaceGoesDown() throws Exception {
        NapiPoll poll = open();
        poll.came();
        kernel.isDown = true;
        kernel.redirecting = new IOException("no memory");
        poll.check();
        assertThat(poll.isLearning()).isTrue(); // and it has not been forgotten
        kernel.redirecting = null;
        poll.check();
        assertThat(poll).hasToString(UNTAUGHT);
        assertThat(kernel.isRedirected).isTrue();
        assertThat(kernel.open()).containsExactly(kernel.pupil(2), kernel.pupil(3));
    }

    @Test
    void countsWhatReachedASocketBeforeTheInterfaceWentDown() throws Exception {
        NapiPoll poll = open();
        poll.came();
        kernel.pupil(0).gets(2, true);
        kernel.onRedirect = () -> kernel.pupil(1).gets(3, true);
        kernel.isDown = true;
        poll.check();
        assertThat(poll).hasToString(UNTAUGHT);
        assertThat(kernel.open()).containsExactly(kernel.pupil(2), kernel.pupil(3));
        assertThat(counters.skipped(ReceiveSkip.LESSON)).isEqualTo(5);
    }

    /** At the beginning or after an outage. */
    @Test
    void looksForSocketsAgainWhereThereAreNone() throws Exception {
        kernel.enrolling = new IOException("no descriptor");
        NapiPoll poll = open();
        for (int i = 0; i < 2; i++) {
            assertThat(poll).hasToString("not possible (no descriptor)");
            poll.came();
            poll.look();
            poll.letGo();
            now += 1000 * MILLI - 1;
            poll.check();
            kernel.enrolling = null;
            poll.check();
            assertThat(poll).hasToString("not possible (no descriptor)");
            now++;
            poll.check();
            assertThat(poll).hasToString(UNTAUGHT);
            assertThat(kernel.open()).hasSize(2);
            kernel.enrolling = new IOException("no descriptor");
            kernel.isDown = true;
            poll.check();
        }
    }

    @Test
    void givesNoLessonToWhomTheFirstDatagramHasTold() throws Exception {
        NapiPoll poll = open();
        kernel.socketKnows = true;
        poll.came();
        assertThat(kernel.isRedirected).isTrue();
        assertThat(poll.isNeedless()).isTrue();
        assertThat(poll.isPolling()).isTrue();
        assertThat(poll).hasToString("by its sockets, which know what");
        assertThat(kernel.open()).isEmpty();
        poll.look();
        poll.letGo();
        kernel.isDown = true; // what it knows is of no use then, and it keeps it
        poll.check();
        assertThat(poll).hasToString(UNTAUGHT);
        poll.came();
        assertThat(poll.isLearning()).isTrue();
    }

    @Test
    void canBeClosedInALesson() {
        NapiPoll poll = open();
        poll.came();
        poll.close();
        assertThat(kernel.open()).isEmpty();
        assertThat(kernel.isClosed).isTrue();
    }

    /** Has datagrams for sockets as a test says. */
    private static final class FakeNapiCalls implements NapiCalls {
        private final int size;
        private final List<FakeSocket> all = new ArrayList<>();
        private boolean isRedirected = true;
        private boolean isDown;
        private boolean isClosed;
        private boolean socketKnows;
        private Runnable onRedirect = () -> {};
        private IOException enrolling;
        private IOException removing;
        private IOException redirecting;

        private FakeNapiCalls(int size) {
            this.size = size;
        }

        private FakeSocket pupil(int number) {
            return all.get(number);
        }

        private List<FakeSocket> open() {
            return all.stream().filter(socket -> !socket.isClosed).toList();
        }

        @Override
        public List<FakeSocket> enroll() throws IOException {
            if (enrolling != null) {
                throw enrolling;
            }
            List<FakeSocket> pupils = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                pupils.add(new FakeSocket());
            }
            all.addAll(pupils);
            return pupils;
        }

        @Override
        public boolean socketKnowsWhatToPoll() {
            return socketKnows;
        }

        @Override
        public void leaveToStack() throws IOException {
            if (removing != null) {
                throw removing;
            }
            isRedirected = false;
        }

        @Override
        public void redirect() throws IOException {
            if (redirecting != null) {
                throw redirecting;
            }
            onRedirect.run();
            isRedirected = true;
        }

        @Override
        public boolean hasBeenDown() {
            boolean was = isDown;
            isDown = false;
            return was;
        }

        @Override
        public void close() {
            isClosed = true;
        }
    }

    /** One of them. */
    private static final class FakeSocket implements PollingSocket {
        private int datagrams;
        private int polls;
        private int lettings;
        private boolean knows;
        private boolean isDeaf;
        private boolean isClosed;

        private void gets(int more, boolean tell) {
            datagrams += more;
            knows |= tell;
        }

        @Override
        public boolean take() {
            assertThat(isClosed).isFalse();
            if (datagrams == 0) {
                polls++;
                return false;
            }
            datagrams--;
            return true;
        }

        @Override
        public boolean knowsWhatToPoll() {
            assertThat(isClosed).isFalse();
            return knows;
        }

        @Override
        public void deafen() {
            isDeaf = true;
        }

        @Override
        public void letGo() {
            assertThat(isClosed).isFalse();
            lettings++;
        }

        @Override
        public void close() {
            isClosed = true;
        }
    }
}
