package io.github.geneve4j.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OriginFilterTest {
    @ParameterizedTest(name = "{0}: {1} -> {2}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    10.0.1.0/24                | 10.0.0.255      | false
                    10.0.1.0/24                | 10.0.1.0        | true
                    10.0.1.0/24                | 10.0.1.255      | true
                    10.0.1.0/24                | 10.0.2.0        | false
                    10.0.1.7                   | 10.0.1.6        | false
                    10.0.1.7                   | 10.0.1.7        | true
                    10.0.1.7/32                | 10.0.1.8        | false
                    0.0.0.0/0                  | 0.0.0.0         | true
                    0.0.0.0/0                  | 255.255.255.255 | true
                    128.0.0.0/1                | 127.255.255.255 | false
                    128.0.0.0/1                | 128.0.0.0       | true
                    128.0.0.0/1                | 255.255.255.255 | true
                    10.0.2.0/24, 10.0.1.0/24   | 10.0.1.255      | true
                    10.0.2.0/24, 10.0.1.0/24   | 10.0.2.0        | true
                    10.0.2.0/24, 10.0.1.0/24   | 10.0.3.0        | false
                    10.0.0.0/8,10.0.1.7        | 10.0.1.8        | true
                    10.0.0.0/8,10.0.1.7        | 11.0.0.0        | false
                    192.168.0.1,192.168.0.3    | 192.168.0.2     | false
                    """)
    void allowsTheNamedNetworksOnly(String networks, String address, boolean allowed) {
        assertThat(OriginFilter.parse(networks).allows(number(address))).isEqualTo(allowed);
    }

    @Test
    void agreesWithMasksForRandomNetworks() {
        java.util.Random random = new java.util.Random(6081);
        for (int round = 0; round < 500; round++) {
            int count = 1 + random.nextInt(8);
            int[] networks = new int[count];
            int[] masks = new int[count];
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < count; i++) {
                int bits = random.nextInt(33);
                masks[i] = bits == 0 ? 0 : -1 << (32 - bits);
                networks[i] = random.nextInt() & masks[i];
                text.append(i == 0 ? "" : ",").append(dotted(networks[i])).append('/').append(bits);
            }
            OriginFilter filter = OriginFilter.parse(text.toString());
            for (int probe = 0; probe < 50; probe++) {
                int near = networks[random.nextInt(count)] + random.nextInt(3) - 1;
                int address = random.nextBoolean() ? random.nextInt() : near;
                boolean expected = false;
                for (int i = 0; i < count; i++) {
                    expected |= (address & masks[i]) == networks[i];
                }
                assertThat(filter.allows(address))
                        .as("%s in %s", dotted(address), text)
                        .isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                ",",
                "10.0.0.0/8,",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/",
                "10.0.0/8",
                "10.0.0.0.0/8",
                "256.0.0.0/8",
                "010.0.0.0/8",
                "10.0.0.+1",
                "a.b.c.d",
                "::/0",
                "example.com",
                "10.0.0.1/24"
            })
    void refusesWhatIsNoNetworkAndNamesIt(String networks) {
        String entry = networks.endsWith(",") ? "''" : "'" + networks.strip() + "'";
        assertThatThrownBy(() -> OriginFilter.parse(networks))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(entry);
    }

    private static int number(String address) {
        int number = 0;
        for (String part : address.split("\\.")) {
            number = number << 8 | Integer.parseInt(part);
        }
        return number;
    }

    private static String dotted(int address) {
        return (address >>> 24)
                + "."
                + (address >>> 16 & 0xff)
                + "."
                + (address >>> 8 & 0xff)
                + "."
                + (address & 0xff);
    }
}
