package io.github.geneve4j.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {
    private record House(
            String name, long rooms, boolean empty, List<Long> doors, List<String> cats) {}

    private static House house(Section top) {
        String name = top.required("name", Scalars.name(), "nobody");
        long rooms = top.optional("rooms", Scalars.integer(1, 99), 7L);
        boolean empty = top.optional("empty", Scalars.flag(), false);
        List<Long> doors = top.oneOrMore("door", Scalars.integer(1, 9));
        List<String> cats = new ArrayList<>();
        for (Section cat : top.sections("cats", "a cat")) {
            cats.add(cat.required("name", Scalars.name(), ""));
            cat.end();
        }
        top.end();
        return new House(name, rooms, empty, doors, cats);
    }

    @Test
    void readsWhatIsThere() throws Exception {
        String yaml =
                """
                name: old-mill
                rooms: 12
                empty: true
                door: [1, 9]
                cats:
                  - name: tom
                  - {name: mia}
                """;
        assertThat(ConfigFile.parse(yaml, "h.yaml", "a house", ConfigFileTest::house))
                .isEqualTo(new House("old-mill", 12, true, List.of(1L, 9L), List.of("tom", "mia")));
    }

    @Test
    void leavesOutWhatMayBeLeftOut() throws Exception {
        assertThat(ConfigFile.parse("{name: a, door: 3}", "h", "a house", ConfigFileTest::house))
                .isEqualTo(new House("a", 7, false, List.of(3L), List.of()));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {}                             | h:1:1: name: is missing in the house: expected a name
                    {name: a, rooms: 0}            | h:1:18: rooms: expected a number from 1 to 99, found '0'
                    {name: a, rooms: many}         | h:1:18: rooms: expected a number from 1 to 99, found 'many'
                    {name: a, rooms: }             | h:1:17: rooms: expected a number from 1 to 99, found nothing
                    {name: a, rooms: [1]}          | h:1:18: rooms: expected a number from 1 to 99, found a list
                    {name: a, empty: perhaps}      | h:1:18: empty: expected false or true, found 'perhaps'
                    {name: a, door: []}            | h:1:17: door: expected a number from 1 to 9, found an empty list
                    {name: a, door: [1, x]}        | h:1:21: door: expected a number from 1 to 9, found 'x'
                    {name: a, door: {b: c}}        | h:1:17: door: expected a list, found keys with values
                    {name: a, cats: tom}           | h:1:17: cats: expected a list, found 'tom'
                    {name: a, cats: [tom]}         | h:1:18: a cat: expected keys with values, found 'tom'
                    {name: a, cats: [{name: b, tail: c}]} | h:1:28: tail: unknown in a cat, expected one of name
                    {name: a, name: b}             | h:1:11: name: is here for the second time, after line 1
                    {name: a, [b]: c}              | h:1:11: the house: expected a key, found a list
                    [name]                         | h:1:1: the house: expected keys with values, found a list
                    'name: a: b'                   | h:1:8: no YAML
                    """)
    void tellsWhatIsWrong(String yaml, String message) {
        assertThat(mistakes(yaml)).hasSize(1).first().asString().startsWith(message);
    }

    @Test
    void tellsOfAnEmptyFile() {
        assertThat(mistakes("")).containsExactly("h:1:1: expected a house, found nothing");
        assertThat(mistakes("# nothing but a remark")).hasSize(1);
    }

    @Test
    void tellsWhereACharacterIsThatYamlDoesNotHave() {
        assertThat(mistakes("name: a\nempty: \u00e4\ud83d\ude00\u0000\n"))
                .containsExactly("h:2:10: no YAML: special characters are not allowed");
    }

    @Test
    void nothingIsNestedSoDeepThatItEndsTheStack() {
        assertThat(mistakes("a: " + "[".repeat(100_000)))
                .containsExactly("h:1:35: no YAML: more than 32 lists and keys in each other");
        assertThat(mistakes("{b: ".repeat(100_000))).singleElement().asString().contains("more");
        String deepest = "name: a\ndoor: " + "[".repeat(31) + "]".repeat(31);
        assertThat(mistakes(deepest)).singleElement().asString().endsWith("found a list");
        String wide = "name: a\ndoor: [" + "1, ".repeat(10_000) + "2]";
        assertThat(parse(wide).doors()).hasSize(10_001);
    }

    @Test
    void quotesSoMuchOfAFileAsIsGoodForAMessage() {
        assertThat(mistakes("{name: a, empty: \"\\e[31m\\nx\"}"))
                .containsExactly(
                        "h:1:18: empty: expected false or true, found '\\u001b[31m\\u000ax'");
        assertThat(mistakes("{name: a, empty: " + "😀".repeat(81) + "}"))
                .singleElement()
                .asString()
                .endsWith("found '" + "😀".repeat(80) + "…'");
        assertThat(mistakes("{name: a, empty: " + "x".repeat(80) + "}"))
                .singleElement()
                .asString()
                .endsWith("found '" + "x".repeat(80) + "'");
    }

    @Test
    void tellsOfASecondDocument() {
        assertThat(mistakes("name: a\n---\nname: b\n"))
                .singleElement()
                .asString()
                .startsWith("h:2:1: no YAML: expected a single document")
                .endsWith("but found another document");
    }

    @Test
    void tellsAllInTheOrderOfTheFile() {
        assertThat(mistakes("empty: 1\nroofs: 2\nrooms: 0\ndoor: 0\n"))
                .extracting(text -> text.replaceFirst("^h:([0-9]+):[0-9]+: ([a-z]+).*", "$1 $2"))
                .containsExactly("1 name", "1 empty", "2 roofs", "3 rooms", "4 door");
    }

    /** Each time that it is named it is read again, so that a few could stand for millions. */
    @Test
    void aliasesAreTakenWhileTheyStandForLittle() {
        String doors = "name: a\ndoor: &d [" + "1, ".repeat(1_000) + "2]\ncats: [";
        assertThat(parse("name: &a tom\ncats: [" + "{name: *a}, ".repeat(1_000) + "]").cats())
                .hasSize(1_000);
        assertThat(mistakes(doors + "{name: b, tail: *d}, ".repeat(60) + "]"))
                .hasSize(60)
                .allMatch(mistake -> mistake.contains("tail: unknown"));
        assertThat(mistakes(doors + "{name: b, tail: *d}, ".repeat(2_100) + "]"))
                .containsExactly(
                        "h:1:1: more than 2097152 values, with what aliases stand for written out");
        StringBuilder bomb = new StringBuilder("a: &a0 [x, x]\n");
        for (int i = 0; i < 100; i++) {
            bomb.append("b%d: &a%d [*a%d, *a%d]\n".formatted(i, i + 1, i, i));
        }
        assertThat(mistakes(bomb.toString())).singleElement().asString().contains("more than");
        assertThat(mistakes("name: a\ndoor: &d [1, *d]\n"))
                .containsExactly("h:2:7: an alias within what it stands for");
    }

    /** A million lines are no help, and fill the heap. */
    @Test
    void stopsAtAHundredMistakes() {
        assertThat(mistakes("name: a\ncats: [" + "b,".repeat(100) + "]"))
                .hasSize(100)
                .last()
                .isEqualTo("h:2:206: a cat: expected keys with values, found 'b'");
        assertThat(mistakes("name: a\ncats: [" + "b,".repeat(1_000_000) + "]"))
                .hasSize(101)
                .endsWith(
                        "h:2:206: a cat: expected keys with values, found 'b'",
                        "h:2:208: more mistakes, of which only the first 100 are told");
        assertThat(refusal("name: a\ncats: [b]").count()).isEqualTo("1 mistake");
        assertThat(refusal("name: a\ncats: [" + "b,".repeat(100) + "]").count())
                .isEqualTo("100 mistakes");
        assertThat(refusal("name: a\ncats: [" + "b,".repeat(101) + "]").count())
                .isEqualTo("more than 100 mistakes");
    }

    @Test
    void scalars() {
        assertThat(Scalars.bits().parse().apply("0x2a")).isEqualTo(42);
        assertThat(Scalars.bits().parse().apply("-1")).isEqualTo(-1);
        assertThat(Scalars.bits().parse().apply("9223372036854775808")).isNull();
        assertThat(Scalars.seconds(1, 60).parse().apply("1m")).isEqualTo(60);
        assertThat(Scalars.seconds(1, 60).parse().apply("61s")).isNull();
        assertThat(Scalars.seconds(1, 60).parse().apply("1500ms")).isNull();
        assertThat(Scalars.nanos(1_000).parse().apply("1us")).isEqualTo(1_000);
        assertThat(Scalars.nanos(1_000).parse().apply("2us")).isNull();
        assertThat(Scalars.chance().parse().apply("50%")).isEqualTo(0.5);
        assertThat(Scalars.chance().parse().apply("1.5")).isNull();
        assertThat(Scalars.choice(Map.of("a", 1, "b", 2)).expected()).isEqualTo("a or b");
        assertThat(Scalars.name().parse().apply("-a")).isNull();
    }

    private static House parse(String yaml) {
        try {
            return ConfigFile.parse(yaml, "h", "a house", ConfigFileTest::house);
        } catch (ConfigException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> mistakes(String yaml) {
        return refusal(yaml).errors().stream().map(ConfigError::toString).toList();
    }

    private static ConfigException refusal(String yaml) {
        ConfigException refused =
                catchThrowableOfType(
                        ConfigException.class,
                        () -> ConfigFile.parse(yaml, "h", "a house", ConfigFileTest::house));
        assertThat(refused).as(yaml).isNotNull();
        return refused;
    }
}
