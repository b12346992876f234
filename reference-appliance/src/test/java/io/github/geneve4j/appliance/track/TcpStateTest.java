package io.github.geneve4j.appliance.track;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.flow.TcpFlags;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Segments are written {@code >} from the beginner, {@code <} from the responder, then flags. */
class TcpStateTest {
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        ">S, SYN_SENT",
        ">S >S, SYN_SENT",
        ">S <SA, SYN_RECEIVED",
        ">S <SA <SA, SYN_RECEIVED",
        ">S <SA >A, ESTABLISHED",
        ">S <SA >A >A <A, ESTABLISHED",
        ">S <SA >A <SA, ESTABLISHED",
        ">S <SA >A >S, ESTABLISHED",
        ">S <SA >FA, CLOSING_BY_BEGINNER",
        ">S <SA <FA, CLOSING_BY_RESPONDER",
        ">S <SA >A >FA, CLOSING_BY_BEGINNER",
        ">S <SA >A >FA >FA, CLOSING_BY_BEGINNER",
        ">S <SA >A >FA <A <A, CLOSING_BY_BEGINNER",
        ">S <SA >A >FA <FA, CLOSED",
        ">S <SA >A <FA, CLOSING_BY_RESPONDER",
        ">S <SA >A <FA >A, CLOSING_BY_RESPONDER",
        ">S <SA >A <FA >FA <A, CLOSED",
        ">S <SA >A <FA >FA <R, CLOSED",
        ">S <RA, RESET",
        ">S <SA >R, RESET",
        ">S <SA >A >FA <R, RESET",
        ">S <SA >A <R >A, RESET",
        ">S <S, BOTH_SYN",
        ">S <S >S <S, BOTH_SYN",
        ">S <S >SA, BOTH_SYN_BEGINNER_ACKNOWLEDGED",
        ">S <S >SA >SA, BOTH_SYN_BEGINNER_ACKNOWLEDGED",
        ">S <S <SA, BOTH_SYN_RESPONDER_ACKNOWLEDGED",
        ">S <S >SA <SA, ESTABLISHED",
        ">S <S <SA >A, ESTABLISHED",
        ">S <S <SA <A, BOTH_SYN_RESPONDER_ACKNOWLEDGED",
        ">S <S <FA, CLOSING_BY_RESPONDER",
        ">S <A, SYN_SENT",
        ">S <FA, SYN_SENT",
        ">SA, SYN_RECEIVED",
        ">A, ESTABLISHED",
        ">FA, CLOSING_BY_BEGINNER",
        ">R, RESET",
        ">S >A, ",
        ">S >SA, ",
        ">S >FA, ",
        ">S <SA >SA, "
    })
    void goesFromStateToState(String segments, @Nullable TcpState state) {
        TcpState now = null;
        for (String segment : segments.split(" ")) {
            int flags = flags(segment.substring(1));
            now = now == null ? TcpState.begin(flags) : now.after(segment.charAt(0) == '>', flags);
        }
        assertThat(now).isEqualTo(state);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "F", "SF", "SFA", "SR", "SRA", "RF", "RFA", "SFRA"})
    void knowsFlagsThatDoNotGoTogether(String flags) {
        assertThat(ControlFlags.areValid(flags(flags))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"S", "SA", "R", "RA", "FA", "A"})
    void knowsFlagsThatGoTogether(String flags) {
        assertThat(ControlFlags.areValid(flags(flags))).isTrue();
        assertThat(ControlFlags.control(flags(flags) | 0xe8)).isEqualTo(flags(flags));
    }

    private static int flags(String letters) {
        int flags = 0;
        for (char letter : letters.toCharArray()) {
            flags |=
                    switch (letter) {
                        case 'S' -> TcpFlags.SYN;
                        case 'A' -> TcpFlags.ACK;
                        case 'F' -> TcpFlags.FIN;
                        default -> TcpFlags.RST;
                    };
        }
        return flags;
    }
}
