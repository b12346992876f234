package io.github.geneve4j.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlowValueTest {
    private static final int LENGTH = 20; // a record has room for 24

    private final FlowTable table = FlowTable.builder(4).valueLength(LENGTH).build();
    private final FlowValue value = new FlowValue();

    @Test
    void showsWhatTheTableKeeps() {
        int flow = insert(1);
        table.setLong(flow, 0, 0x0123_4567_89ab_cdefL);
        table.setInt(flow, 16, -7);
        assertThat(table.value(flow, value)).isSameAs(value);
        assertThat(value.length()).isEqualTo(LENGTH);
        assertThat(value.getLong(0)).isEqualTo(0x0123_4567_89ab_cdefL);
        assertThat(value.getInt(16)).isEqualTo(-7);
    }

    @Test
    void changesOneFlowAlone() {
        int before = insert(1);
        int flow = insert(2);
        int after = insert(3);
        table.value(flow, value);
        for (int i = 0; i < LENGTH; i += Integer.BYTES) {
            value.setInt(i, -1);
        }
        assertThat(table.getLong(flow, 12)).isEqualTo(-1);
        value.setLong(8, 5);
        assertThat(table.getLong(flow, 8)).isEqualTo(5);
        for (int other : new int[] {before, after}) {
            assertThat(table.getLong(other, 0)).isZero();
            assertThat(table.getLong(other, 12)).isZero();
        }
        FiveTuple key = table.read(flow, new FiveTuple());
        assertThat(key.sourcePort()).isEqualTo(2);
        assertThat(table.find(0, key, 1)).isEqualTo(flow);
    }

    @ParameterizedTest
    @ValueSource(ints = {-4, -1, 2, LENGTH - 3, LENGTH, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void refusesFourBytesOutsideOrBetween(int offset) {
        table.value(insert(1), value);
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> value.getInt(offset))
                .withMessageContaining("offset " + offset);
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> value.setInt(offset, 1));
    }

    @ParameterizedTest
    @ValueSource(ints = {-8, -1, 4, LENGTH - 7, 16, LENGTH, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void refusesEightBytesOutsideOrBetween(int offset) {
        table.value(insert(1), value);
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> value.getLong(offset))
                .withMessageContaining("offset " + offset);
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> value.setLong(offset, 1));
    }

    @Test
    void isOfNothingAtFirst() {
        assertThat(value.length()).isZero();
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> value.getInt(0));
    }

    @Test
    void needsALiveFlow() {
        int flow = insert(1);
        table.remove(flow);
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> table.value(flow, value))
                .withMessageContaining("flow " + flow);
    }

    @Test
    void isPointedAtWhatIsFound() {
        insert(1);
        int flow = insert(2);
        table.setInt(flow, 4, 77);
        FiveTuple key = new FiveTuple().setIpv4(1, 2, IpProtocol.UDP, 2, 9);
        assertThat(table.peek(0, key, 1, value)).isEqualTo(flow);
        assertThat(value.getInt(4)).isEqualTo(77);
        FiveTuple other = new FiveTuple().setIpv4(1, 2, IpProtocol.UDP, 3, 9);
        assertThat(table.peek(0, other, 1, value)).isEqualTo(FlowTable.NONE);
        assertThat(value.getInt(4)).isEqualTo(77);
    }

    @Test
    void tellsDirectionsLikeTheTable() {
        int flow = insert(5);
        table.value(flow, value);
        FiveTuple packet = new FiveTuple().setIpv4(1, 2, IpProtocol.UDP, 5, 9);
        FiveTuple answer = new FiveTuple().setIpv4(2, 1, IpProtocol.UDP, 9, 5);
        assertThat(value.isFromBeginner(packet)).isTrue();
        assertThat(value.isFromBeginner(answer)).isFalse();
        assertThat(table.isFromBeginner(flow, packet)).isTrue();
        assertThat(table.isFromBeginner(flow, answer)).isFalse();
    }

    private int insert(int port) {
        return table.insert(0, new FiveTuple().setIpv4(1, 2, IpProtocol.UDP, port, 9), 0);
    }
}
