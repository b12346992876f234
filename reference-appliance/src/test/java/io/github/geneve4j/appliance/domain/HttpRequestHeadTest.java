package io.github.geneve4j.appliance.domain;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpRequestHeadTest {
    private static final int MARGIN = 3;

    private final HttpRequestHead reader = new HttpRequestHead();

    /** In the texts {@code ;} is CRLF, {@code !} a line feed, {@code ^} a carriage return. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    GET / HTTP/1.1;Host: www.Example.com;;            | FOUND      | www.example.com
                    GET / HTTP/1.1;Accept: a;hOST:\tx.org:8080 ;;     | FOUND      | x.org
                    GET / HTTP/1.1!Host: x.org!!                      | MALFORMED  |
                    GET / HTTP/1.1;X: y!Host: a.org!!;Host: b.org;;   | MALFORMED  |
                    GET / HTTP/1.1;X: y!Host: a.org;;                 | MALFORMED  |
                    !GET / HTTP/1.1;Host: x.org;;                     | MALFORMED  |
                    ^GET / HTTP/1.1;Host: x.org;;                     | MALFORMED  |
                    ;^                                                | INCOMPLETE |
                    GET / HTTP/1.1;Host: a.org;Host\240: b.org;;      | MALFORMED  |
                    GET / HTTP/1.1;Host: a.org;\205Host: b.org;;      | MALFORMED  |
                    GET / HTTP/1.1;Host: a.org;(Host): b.org;;        | MALFORMED  |
                    GET / HTTP/1.1;X-_.~y: caf\u00e9;Host: a.org;;    | FOUND      | a.org
                    ;;GET / HTTP/1.1;Host: x.org;;                    | FOUND      | x.org
                    OPTIONS * HTTP/1.1;Host: x.org.;;                 | FOUND      | x.org
                    GET / HTTP/1.0;;                                  | ABSENT     |
                    GET http://a.org/b HTTP/1.1;Host: a.org;;         | FOUND      | a.org
                    GET HTTP://a.org HTTP/1.1;;                       | FOUND      | a.org
                    GET http://a.org/b HTTP/1.1;Host: b.org;;         | MALFORMED  |
                    GET http://user@a.org/ HTTP/1.1;Host: a.org;;     | MALFORMED  |
                    CONNECT a.org:443 HTTP/1.1;Host: a.org;;          | FOUND      | a.org
                    CONNECT a.org:443 HTTP/1.1;Host: b.org;;          | MALFORMED  |
                    GET / HTTP/1.1;Host: a.org;Host: b.org;;          | MALFORMED  |
                    GET / HTTP/1.1;Host: a.org;Host: a.org;;          | MALFORMED  |
                    GET / HTTP/1.1;Host : a.org;;                     | MALFORMED  |
                    GET / HTTP/1.1;Host:;;                            | MALFORMED  |
                    GET / HTTP/1.1;Host: a b.org;;                    | MALFORMED  |
                    GET / HTTP/1.1;Host: a..org;;                     | MALFORMED  |
                    GET / HTTP/1.1;Host: a.org:80x;;                  | MALFORMED  |
                    GET / HTTP/1.1;Host: [2001:db8::1];;              | MALFORMED  |
                    GET / HTTP/1.1;X: y; Host: a.org;;                | MALFORMED  |
                    GET / HTTP/1.1;X: y^Host: b.org;Host: a.org;;     | MALFORMED  |
                    GET / HTTP/1.1;no colon;Host: a.org;;             | MALFORMED  |
                    GET / HTTP/2.0;Host: a.org;;                      | MALFORMED  |
                    GET /a b HTTP/1.1;Host: a.org;;                   | MALFORMED  |
                    GET  HTTP/1.1;Host: a.org;;                       | MALFORMED  |
                    get / HTTP/1.1;Host: a.org;;                      | MALFORMED  |
                    PRI * HTTP/2.0;;SM;;                              | MALFORMED  |
                    SSH-2.0-OpenSSH_9.2                               | MALFORMED  |
                    GET / HTTP/1.1;Host: a.org;                       | INCOMPLETE |
                    GET / HTTP/1.1;Host: a.o                          | INCOMPLETE |
                    GE                                                | INCOMPLETE |
                    """)
    void reads(String text, NameStatus status, String name) {
        assertThat(read(text.replace(";", "\r\n").replace('!', '\n').replace('^', '\r')))
                .isEqualTo(status);
        assertThat(reader.name()).hasToString(name == null ? "" : name);
    }

    @Test
    void needsAllOfTheHeadAndNoMore() {
        String head = "GET /index.html HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n";
        for (int length = 0; length < head.length(); length++) {
            assertThat(read(head.substring(0, length)))
                    .as("%d", length)
                    .isEqualTo(NameStatus.INCOMPLETE);
        }
        assertThat(read(head)).isEqualTo(NameStatus.FOUND);
        assertThat(read(head + "\0 whatever \r\nHost: b.example\r\n\r\n"))
                .isEqualTo(NameStatus.FOUND);
        assertThat(reader.name()).hasToString("a.example");
    }

    @Test
    void refusesBinary() {
        assertThat(read("\u0016\u0003\u0001")).isEqualTo(NameStatus.MALFORMED);
        assertThat(read("GET / HTTP/1.1\r\nX: \0\r\n\r\n")).isEqualTo(NameStatus.MALFORMED);
        assertThat(read("A".repeat(40))).isEqualTo(NameStatus.MALFORMED);
        assertThat(read("")).isEqualTo(NameStatus.INCOMPLETE);
    }

    @Test
    void survivesMutations() {
        String head = "GET http://a.example/ HTTP/1.1\r\nHost: a.example:80\r\nX: y\r\n\r\n";
        Random random = new Random(7);
        int[] seen = new int[NameStatus.values().length];
        String telling = "\r\n :./\0aH*";
        for (int round = 0; round < 200_000; round++) {
            StringBuilder mutant = new StringBuilder(head);
            for (int i = random.nextInt(3); i >= 0; i--) {
                char c = telling.charAt(random.nextInt(telling.length()));
                mutant.setCharAt(random.nextInt(mutant.length()), c);
            }
            mutant.setLength(
                    random.nextInt(8) == 0 ? random.nextInt(head.length()) : head.length());
            NameStatus status = read(mutant.toString());
            seen[status.ordinal()]++;
            assertThat(reader.name().length() > 0).isEqualTo(status == NameStatus.FOUND);
        }
        assertThat(seen[NameStatus.FOUND.ordinal()]).isPositive();
        assertThat(seen[NameStatus.INCOMPLETE.ordinal()]).isPositive();
        assertThat(seen[NameStatus.MALFORMED.ordinal()]).isPositive();
    }

    private NameStatus read(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        ByteBuf buffer = Unpooled.buffer(MARGIN + bytes.length, MARGIN + bytes.length);
        buffer.writeZero(MARGIN).writeBytes(bytes);
        return reader.read(buffer, MARGIN, bytes.length);
    }
}
