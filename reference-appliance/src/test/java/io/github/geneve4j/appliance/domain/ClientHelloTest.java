package io.github.geneve4j.appliance.domain;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.Hex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientHelloTest {
    private static final int RECORD_HEADER = 5;
    private static final int MARGIN = 7; // what lies around the stream in its buffer

    private final ClientHello reader = new ClientHello();

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void readsWhatARealClientSends(String version) throws Exception {
        byte[] hello = realHello(version, "Www.Example.COM");

        assertThat(read(hello)).isEqualTo(NameStatus.FOUND);
        assertThat(reader.name()).hasToString("www.example.com");
    }

    @Test
    void saysThatThereIsNone() throws Exception {
        assertThat(read(realHello("TLSv1.3", null))).isEqualTo(NameStatus.ABSENT);
        assertThat(reader.name().length()).isZero();
    }

    /** From the first byte on it is never wrong; another name could follow up to the last. */
    @Test
    void waitsForTheWholeMessage() throws Exception {
        byte[] hello = realHello("TLSv1.3", "db.example.org");
        for (int length = 0; length <= hello.length; length++) {
            NameStatus expected = length < hello.length ? NameStatus.INCOMPLETE : NameStatus.FOUND;
            assertThat(read(Arrays.copyOf(hello, length)))
                    .as("%d bytes", length)
                    .isEqualTo(expected);
            assertThat(reader.name().length() > 0).isEqualTo(expected == NameStatus.FOUND);
        }
    }

    /** RFC 8446 §5.1: a message may be spread over records in any way. */
    @Test
    void readsAcrossRecords() throws Exception {
        byte[] hello = realHello("TLSv1.3", "split.example.org");
        for (int each : List.of(1, 2, 3, 50, 300)) {
            assertThat(read(inRecordsOf(each, hello))).as("%d", each).isEqualTo(NameStatus.FOUND);
            assertThat(reader.name()).hasToString("split.example.org");
        }
        for (int cut = 1; cut < hello.length - RECORD_HEADER; cut++) {
            assertThat(read(cutInTwo(cut, hello))).isEqualTo(NameStatus.FOUND);
            assertThat(reader.name()).hasToString("split.example.org");
        }
    }

    /** RFC 8446 §4.2: there must be one of each; servers that do not look take either. */
    @Test
    void refusesASecondExtensionWithAName() {
        byte[] one = QuicPackets.hello("www.ok.example", 0);
        int extensions = 47; // behind versions, random, ciphers, compressions, their length
        byte[] two = Arrays.copyOf(one, 2 * one.length - extensions);
        System.arraycopy(one, extensions, two, one.length, one.length - extensions);
        two[3] = (byte) (two.length - 4);
        two[extensions - 1] = (byte) (two.length - extensions);
        assertThat(readMessage(one)).isEqualTo(NameStatus.FOUND);
        assertThat(readMessage(two)).isEqualTo(NameStatus.MALFORMED);
    }

    /** RFC 9001 §4.1.3: over QUIC the same message has no records around it. */
    @Test
    void readsABareMessage() throws Exception {
        byte[] records = realHello("TLSv1.3", "quic.example.org");
        byte[] hello = Arrays.copyOfRange(records, RECORD_HEADER, records.length);
        for (int length = 0; length <= hello.length; length++) {
            NameStatus expected = length < hello.length ? NameStatus.INCOMPLETE : NameStatus.FOUND;
            assertThat(readMessage(Arrays.copyOf(hello, length)))
                    .as("%d bytes", length)
                    .isEqualTo(expected);
        }
        assertThat(reader.name()).hasToString("quic.example.org");
        assertThat(readMessage(records)).isEqualTo(NameStatus.MALFORMED);
        assertThat(read(hello)).isEqualTo(NameStatus.MALFORMED);
        assertThat(read(records)).isEqualTo(NameStatus.FOUND);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    another record type         | 17 03 03 00 05 01 00 00 01 00
                    another major version       | 16 02 00 00 05 01 00 00 01 00
                    an empty record             | 16 03 01 00 00
                    a record above 2^14         | 16 03 01 40 01
                    another message             | 16 03 01 00 04 02 00 00 00
                    a hello of 2^16 + 1         | 16 03 01 00 04 01 01 00 01
                    a long session id           | 16 03 01 00 27 01 00 00 60 03 03 %R 21
                    no cipher suite             | 16 03 01 00 29 01 00 00 60 03 03 %R 00 00 00
                    half a cipher suite         | 16 03 01 00 29 01 00 00 60 03 03 %R 00 00 03
                    no compression              | 16 03 01 00 2c 01 00 00 60 03 03 %R 00 00 02 13 01 00
                    suites beyond the hello     | 16 03 01 00 2d 01 00 00 27 03 03 %R 00 00 02 13 01 01 00
                    extensions beyond it        | 16 03 01 00 2f 01 00 00 2b 03 03 %R 00 00 02 13 01 01 00 00 09
                    an extension beyond them    | 16 03 01 00 33 01 00 00 2f 03 03 %R 00 00 02 13 01 01 00 00 04 00 17 00 01
                    a list beyond its extension | 16 03 01 00 37 01 00 00 33 03 03 %R 00 00 02 13 01 01 00 00 08 00 00 00 04 00 05 00 00
                    a name beyond its list      | 16 03 01 00 38 01 00 00 34 03 03 %R 00 00 02 13 01 01 00 00 09 00 00 00 05 00 03 00 00 03
                    an empty name               | 16 03 01 00 38 01 00 00 34 03 03 %R 00 00 02 13 01 01 00 00 09 00 00 00 05 00 03 00 00 00
                    a NUL in the name           | 16 03 01 00 3b 01 00 00 37 03 03 %R 00 00 02 13 01 01 00 00 0c 00 00 00 08 00 06 00 00 03 61 00 62
                    a second host               | 16 03 01 00 3d 01 00 00 39 03 03 %R 00 00 02 13 01 01 00 00 0e 00 00 00 0a 00 08 00 00 01 61 00 00 01 62
                    an SSH client               | 53 53 48 2d 32 2e 30 2d
                    """)
    void refuses(String what, String hex) {
        byte[] bytes = Hex.bytes(hex.replace("%R", "00".repeat(32)));
        assertThat(read(bytes)).isEqualTo(NameStatus.MALFORMED);
        assertThat(reader.name().length()).isZero();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    no extensions at all        | 16 03 01 00 2d 01 00 00 29 03 03 %R 00 00 02 13 01 01 00 |
                    an empty list               | 16 03 01 00 35 01 00 00 31 03 03 %R 00 00 02 13 01 01 00 00 06 00 00 00 02 00 00 |
                    a name of another type      | 16 03 01 00 39 01 00 00 35 03 03 %R 00 00 02 13 01 01 00 00 0a 00 00 00 06 00 04 01 00 01 61 |
                    behind one of another type  | 16 03 01 00 3d 01 00 00 39 03 03 %R 00 00 02 13 01 01 00 00 0e 00 00 00 0a 00 08 01 00 01 61 00 00 01 62 | b
                    before one of another type  | 16 03 01 00 3d 01 00 00 39 03 03 %R 00 00 02 13 01 01 00 00 0e 00 00 00 0a 00 08 00 00 01 62 01 00 01 61 | b
                    with a dot at the end       | 16 03 01 00 3a 01 00 00 36 03 03 %R 00 00 02 13 01 01 00 00 0b 00 00 00 07 00 05 00 00 02 62 2e | b
                    """)
    void reads(String what, String hex, String name) {
        NameStatus status = read(Hex.bytes(hex.replace("%R", "00".repeat(32))));

        assertThat(status).isEqualTo(name == null ? NameStatus.ABSENT : NameStatus.FOUND);
        assertThat(reader.name()).hasToString(name == null ? "" : name);
    }

    /** Whatever comes: an answer, inside the bytes, and the same for more of it or none. */
    @Test
    void survivesMutations() throws Exception {
        byte[] hello = realHello("TLSv1.3", "fuzz.example.org");
        Random random = new Random(20261129);
        int[] seen = new int[NameStatus.values().length];
        for (int round = 0; round < 200_000; round++) {
            byte[] mutant = Arrays.copyOf(hello, 1 + random.nextInt(hello.length));
            for (int i = random.nextInt(4); i >= 0; i--) {
                mutant[random.nextInt(Math.min(mutant.length, 220))] = (byte) random.nextInt();
            }
            NameStatus status = read(mutant);
            seen[status.ordinal()]++;
            assertThat(reader.name().length() > 0).isEqualTo(status == NameStatus.FOUND);
            if (status != NameStatus.INCOMPLETE) {
                byte[] more = Arrays.copyOf(mutant, mutant.length + 9);
                assertThat(read(more)).isEqualTo(status);
            }
        }
        assertThat(seen[NameStatus.FOUND.ordinal()]).isPositive();
        assertThat(seen[NameStatus.INCOMPLETE.ordinal()]).isPositive();
        assertThat(seen[NameStatus.MALFORMED.ordinal()]).isPositive();
    }

    private NameStatus read(byte[] bytes) {
        // Exactly as much memory as there is: a read beyond the end throws
        ByteBuf buffer = Unpooled.buffer(MARGIN + bytes.length, MARGIN + bytes.length);
        buffer.writeZero(MARGIN).writeBytes(bytes);
        return reader.read(buffer, MARGIN, bytes.length);
    }

    private NameStatus readMessage(byte[] bytes) {
        ByteBuf buffer = Unpooled.buffer(MARGIN + bytes.length, MARGIN + bytes.length);
        buffer.writeZero(MARGIN).writeBytes(bytes);
        return reader.readMessage(buffer, MARGIN, bytes.length);
    }

    private static byte[] realHello(String version, String name) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, null, null);
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(true);
        engine.setEnabledProtocols(new String[] {version});
        if (name != null) {
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(name)));
            engine.setSSLParameters(parameters);
        }
        ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), hello);
        return Arrays.copyOf(hello.array(), hello.position());
    }

    private static byte[] inRecordsOf(int each, byte[] hello) {
        ByteBuf out = Unpooled.buffer();
        for (int i = RECORD_HEADER; i < hello.length; i += each) {
            int length = Math.min(each, hello.length - i);
            out.writeBytes(hello, 0, 3).writeShort(length).writeBytes(hello, i, length);
        }
        return Arrays.copyOf(out.array(), out.writerIndex());
    }

    private static byte[] cutInTwo(int first, byte[] hello) {
        int rest = hello.length - RECORD_HEADER - first;
        ByteBuf out = Unpooled.buffer();
        out.writeBytes(hello, 0, 3).writeShort(first).writeBytes(hello, RECORD_HEADER, first);
        out.writeBytes(hello, 0, 3).writeShort(rest);
        out.writeBytes(hello, RECORD_HEADER + first, rest);
        return Arrays.copyOf(out.array(), out.writerIndex());
    }
}
