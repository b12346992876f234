package io.github.geneve4j.appliance.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DomainListTest {
    private final DomainList list =
            DomainList.of(
                    List.of("example.com", "*.Example.org", "x.y.example.net.", "EXAMPLE.com"));

    @ParameterizedTest
    @CsvSource({
        "example.com, true",
        "www.example.com, false",
        "xample.com, false",
        "example.co, false",
        "example.org, false",
        "a.example.org, true",
        "b.a.example.org, true",
        "aexample.org, false",
        "example.org.evil.com, false",
        "x.y.example.net, true",
        "y.example.net, false",
        "com, false",
    })
    void contains(String name, boolean expected) {
        assertThat(list.contains(name(name))).isEqualTo(expected);
        assertThat(list.size()).isEqualTo(3);
    }

    @Test
    void anEmptyOneHasNothing() {
        DomainList empty = DomainList.of(List.of());
        assertThat(empty.contains(name("a"))).isFalse();
        assertThat(list.contains(new ServerName())).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "*", "*.", "a b", "a..b", ".a", "*.*.com", "a.*.com", "ä.de", "a/b"})
    void refuses(String entry) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DomainList.of(List.of("ok.example", entry)))
                .withMessageContaining("'" + entry + "'");
    }

    @Test
    void knowsTheLongestName() {
        String longest = ("a".repeat(62) + ".").repeat(4) + "a";
        assertThat(longest).hasSize(ServerName.MAX_LENGTH);
        assertThat(DomainList.of(List.of(longest)).contains(name(longest))).isTrue();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DomainList.of(List.of(longest + "a")));
    }

    /** Against the plainest way to say the same. */
    @Test
    void agreesWithASearchThroughAllEntries() {
        Random random = new Random(1);
        int hits = 0;
        for (int round = 0; round < 500; round++) {
            List<String> entries = new ArrayList<>();
            for (int i = random.nextInt(40); i > 0; i--) {
                entries.add((random.nextBoolean() ? "*." : "") + randomName(random));
            }
            DomainList tested = DomainList.of(entries);
            for (int i = 0; i < 200; i++) {
                String name = randomName(random);
                boolean expected =
                        entries.stream()
                                .anyMatch(
                                        e ->
                                                e.startsWith("*.")
                                                        ? name.endsWith(e.substring(1))
                                                        : name.equals(e));
                assertThat(tested.contains(name(name)))
                        .as("%s in %s", name, entries)
                        .isEqualTo(expected);
                hits += expected ? 1 : 0;
            }
        }
        assertThat(hits).isGreaterThan(10_000);
    }

    private static String randomName(Random random) {
        StringBuilder name = new StringBuilder();
        for (int i = random.nextInt(3); i >= 0; i--) {
            name.append((char) ('a' + random.nextInt(3))).append(i > 0 ? "." : "");
        }
        return name.toString();
    }

    private static ServerName name(String text) {
        ServerName name = new ServerName();
        text.chars().forEach(name::add);
        assertThat(name.end()).isTrue();
        return name;
    }
}
