package io.github.geneve4j.gwlb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class EndpointIdPropertyTest {
    @Property
    boolean everyIdSurvivesItsText(@ForAll long value) {
        return EndpointId.parse(new EndpointId(value).toString()).value() == value;
    }

    @Property
    boolean everyShortIdSurvivesItsText(@ForAll int value) {
        long id = Integer.toUnsignedLong(value);
        return EndpointId.parse(new EndpointId(id).toShortString()).value() == id;
    }

    @Property
    void noOtherCharacterIsADigit(@ForAll char character, @ForAll @IntRange(max = 7) int position) {
        String digits = "1a2b3c4d";
        String text =
                "vpce-"
                        + digits.substring(0, position)
                        + character
                        + digits.substring(position + 1);
        if ("0123456789abcdef".indexOf(character) >= 0) {
            assertThat(EndpointId.parse(text).toShortString()).isEqualTo(text);
        } else {
            assertThatIllegalArgumentException().isThrownBy(() -> EndpointId.parse(text));
        }
    }
}
