package io.github.geneve4j.geneve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OptionClassTest {
    /** First and last class of each holder, as IANA's registry lists them. */
    @ParameterizedTest
    @CsvSource({
        "0x0000, 0x00ff, unassigned",
        "0x0100, 0x0100, Linux",
        "0x0101, 0x0101, Open vSwitch",
        "0x0102, 0x0102, OVN",
        "0x0103, 0x0103, INT",
        "0x0104, 0x0104, VMware",
        "0x0105, 0x0105, Amazon",
        "0x0106, 0x0106, Cisco",
        "0x0107, 0x0107, Oracle",
        "0x0108, 0x0110, Amazon",
        "0x0111, 0x0118, IBM",
        "0x0119, 0x0128, Ericsson",
        "0x0129, 0x0129, Oxide",
        "0x012a, 0x012f, unassigned",
        "0x0130, 0x0131, Cisco",
        "0x0132, 0x0135, Google",
        "0x0136, 0x0136, InfoQuick",
        "0x0137, 0x0140, Alibaba",
        "0x0141, 0x0144, Palo Alto Networks",
        "0x0145, 0x0149, Huawei",
        "0x014a, 0x014a, EMnify",
        "0x014b, 0x014b, Cilium",
        "0x014c, 0x014c, Corelight",
        "0x014d, 0x014d, 1NCE",
        "0x014e, 0x0157, CTYUN",
        "0x0158, 0x0161, Volcengine",
        "0x0162, 0x0162, nat64.net",
        "0x0163, 0x0163, Multi Segment SD-WAN",
        "0x0164, 0x0164, cPacket",
        "0x0165, 0x0167, Tencent",
        "0x0168, 0x0168, ExtraHop",
        "0x0169, 0x0169, Soosan INT",
        "0x016a, 0x016c, Spacelink",
        "0x016d, 0x016d, 617A",
        "0x016e, 0x016e, Zscaler",
        "0x016f, 0x0170, 7Generation",
        "0x0171, 0xfeff, unassigned",
        "0xff00, 0xffff, experimental",
    })
    void namesTheHolder(int first, int last, String holder) {
        assertThat(OptionClass.name(first)).isEqualTo(holder);
        assertThat(OptionClass.name(last)).isEqualTo(holder);
    }

    @Test
    void namesEveryClass() {
        for (int optionClass = 0; optionClass <= 0xffff; optionClass++) {
            assertThat(OptionClass.name(optionClass)).isNotBlank();
        }
    }

    @Test
    void namesItsOwnConstants() {
        assertThat(OptionClass.name(OptionClass.LINUX)).isEqualTo("Linux");
        assertThat(OptionClass.name(OptionClass.AMAZON_GWLB)).isEqualTo("Amazon");
        assertThat(OptionClass.name(OptionClass.GOOGLE)).isEqualTo("Google");
        assertThat(OptionClass.name(OptionClass.CILIUM)).isEqualTo("Cilium");
        assertThat(OptionClass.name(OptionClass.TENCENT_GWLB)).isEqualTo("Tencent");
        assertThat(OptionClass.name(OptionClass.EXPERIMENTAL)).isEqualTo("experimental");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0x1_0000})
    void refusesANumberOutOfRange(int optionClass) {
        assertThatThrownBy(() -> OptionClass.name(optionClass))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("option class " + optionClass);
    }
}
