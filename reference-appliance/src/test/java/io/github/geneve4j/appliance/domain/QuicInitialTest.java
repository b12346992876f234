package io.github.geneve4j.appliance.domain;

import static io.github.geneve4j.appliance.domain.QuicPackets.HANDSHAKE;
import static io.github.geneve4j.appliance.domain.QuicPackets.RETRY;
import static io.github.geneve4j.appliance.domain.QuicPackets.V1;
import static io.github.geneve4j.appliance.domain.QuicPackets.V2;
import static io.github.geneve4j.appliance.domain.QuicPackets.ZERO_RTT;
import static io.github.geneve4j.appliance.domain.QuicPackets.concat;
import static io.github.geneve4j.appliance.domain.QuicPackets.crypto;
import static io.github.geneve4j.appliance.domain.QuicPackets.hello;
import static io.github.geneve4j.appliance.domain.QuicPackets.initial;
import static io.github.geneve4j.appliance.domain.QuicPackets.other;
import static io.github.geneve4j.appliance.domain.QuicPackets.padded;
import static io.github.geneve4j.appliance.domain.QuicPackets.padding;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Hex;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuicInitialTest {
    private static final byte[] CLIENT_ID = Hex.bytes("8394c8f03e515708");
    private static final byte[] SERVER_ID = Hex.bytes("f067a5502a4262b5");
    private static final byte[] NOBODYS_ID = Hex.bytes("0102030405060708");

    /** RFC 9001 §A.2. */
    private static final String VERSION_1 =
            """
            c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9bd8ba
            b936b47d92ec356c0bab7df5976d27cd449f63300099f3991c260ec4c60d17b31f8429157bb35a12
            82a643a8d2262cad67500cadb8e7378c8eb7539ec4d4905fed1bee1fc8aafba17c750e2c7ace01e6
            005f80fcb7df621230c83711b39343fa028cea7f7fb5ff89eac2308249a02252155e2347b63d58c5
            457afd84d05dfffdb20392844ae812154682e9cf012f9021a6f0be17ddd0c2084dce25ff9b06cde5
            35d0f920a2db1bf362c23e596d11a4f5a6cf3948838a3aec4e15daf8500a6ef69ec4e3feb6b1d98e
            610ac8b7ec3faf6ad760b7bad1db4ba3485e8a94dc250ae3fdb41ed15fb6a8e5eba0fc3dd60bc8e3
            0c5c4287e53805db059ae0648db2f64264ed5e39be2e20d82df566da8dd5998ccabdae053060ae6c
            7b4378e846d29f37ed7b4ea9ec5d82e7961b7f25a9323851f681d582363aa5f89937f5a67258bf63
            ad6f1a0b1d96dbd4faddfcefc5266ba6611722395c906556be52afe3f565636ad1b17d508b73d874
            3eeb524be22b3dcbc2c7468d54119c7468449a13d8e3b95811a198f3491de3e7fe942b330407abf8
            2a4ed7c1b311663ac69890f4157015853d91e923037c227a33cdd5ec281ca3f79c44546b9d90ca00
            f064c99e3dd97911d39fe9c5d0b23a229a234cb36186c4819e8b9c5927726632291d6a418211cc29
            62e20fe47feb3edf330f2c603a9d48c0fcb5699dbfe5896425c5bac4aee82e57a85aaf4e2513e4f0
            5796b07ba2ee47d80506f8d2c25e50fd14de71e6c418559302f939b0e1abd576f279c4b2e0feb85c
            1f28ff18f58891ffef132eef2fa09346aee33c28eb130ff28f5b766953334113211996d20011a198
            e3fc433f9f2541010ae17c1bf202580f6047472fb36857fe843b19f5984009ddc324044e847a4f4a
            0ab34f719595de37252d6235365e9b84392b061085349d73203a4a13e96f5432ec0fd4a1ee65accd
            d5e3904df54c1da510b0ff20dcc0c77fcb2c0e0eb605cb0504db87632cf3d8b4dae6e705769d1de3
            54270123cb11450efc60ac47683d7b8d0f811365565fd98c4c8eb936bcab8d069fc33bd801b03ade
            a2e1fbc5aa463d08ca19896d2bf59a071b851e6c239052172f296bfb5e72404790a2181014f3b94a
            4e97d117b438130368cc39dbb2d198065ae3986547926cd2162f40a29f0c3c8745c0f50fba3852e5
            66d44575c29d39a03f0cda721984b6f440591f355e12d439ff150aab7613499dbd49adabc8676eef
            023b15b65bfc5ca06948109f23f350db82123535eb8a7433bdabcb909271a6ecbcb58b936a88cd4e
            8f2e6ff5800175f113253d8fa9ca8885c2f552e657dc603f252e1a8e308f76f0be79e2fb8f5d5fbb
            e2e30ecadd220723c8c0aea8078cdfcb3868263ff8f0940054da48781893a7e49ad5aff4af300cd8
            04a6b6279ab3ff3afb64491c85194aab760d58a606654f9f4400e8b38591356fbf6425aca26dc852
            44259ff2b19c41b9f96f3ca9ec1dde434da7d2d392b905ddf3d1f9af93d1af5950bd493f5aa731b4
            056df31bd267b6b90a079831aaf579be0a39013137aac6d404f518cfd46840647e78bfe706ca4cf5
            e9c5453e9f7cfd2b8b4c8d169a44e55c88d4a9a7f9474241e221af44860018ab0856972e194cd934
            """;

    /** RFC 9369 §A.2. */
    private static final String VERSION_2 =
            """
            d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071bf03
            dceebfa162e75d6c96058bdbfb127cdfcbf903388e99ad049f9a3dd4425ae4d0992cfff18ecf0fdb
            5a842d09747052f17ac2053d21f57c5d250f2c4f0e0202b70785b7946e992e58a59ac52dea6774d4
            f03b55545243cf1a12834e3f249a78d395e0d18f4d766004f1a2674802a747eaa901c3f10cda5500
            cb9122faa9f1df66c392079a1b40f0de1c6054196a11cbea40afb6ef5253cd6818f6625efce3b6de
            f6ba7e4b37a40f7732e093daa7d52190935b8da58976ff3312ae50b187c1433c0f028edcc4c2838b
            6a9bfc226ca4b4530e7a4ccee1bfa2a3d396ae5a3fb512384b2fdd851f784a65e03f2c4fbe11a53c
            7777c023462239dd6f7521a3f6c7d5dd3ec9b3f233773d4b46d23cc375eb198c63301c21801f6520
            bcfb7966fc49b393f0061d974a2706df8c4a9449f11d7f3d2dcbb90c6b877045636e7c0c0fe4eb0f
            697545460c806910d2c355f1d253bc9d2452aaa549e27a1fac7cf4ed77f322e8fa894b6a83810a34
            b361901751a6f5eb65a0326e07de7c1216ccce2d0193f958bb3850a833f7ae432b65bc5a53975c15
            5aa4bcb4f7b2c4e54df16efaf6ddea94e2c50b4cd1dfe06017e0e9d02900cffe1935e0491d77ffb4
            fdf85290fdd893d577b1131a610ef6a5c32b2ee0293617a37cbb08b847741c3b8017c25ca9052ca1
            079d8b78aebd47876d330a30f6a8c6d61dd1ab5589329de714d19d61370f8149748c72f132f0fc99
            f34d766c6938597040d8f9e2bb522ff99c63a344d6a2ae8aa8e51b7b90a4a806105fcbca31506c44
            6151adfeceb51b91abfe43960977c87471cf9ad4074d30e10d6a7f03c63bd5d4317f68ff325ba3bd
            80bf4dc8b52a0ba031758022eb025cdd770b44d6d6cf0670f4e990b22347a7db848265e3e5eb72df
            e8299ad7481a408322cac55786e52f633b2fb6b614eaed18d703dd84045a274ae8bfa73379661388
            d6991fe39b0d93debb41700b41f90a15c4d526250235ddcd6776fc77bc97e7a417ebcb31600d01e5
            7f32162a8560cacc7e27a096d37a1a86952ec71bd89a3e9a30a2a26162984d7740f81193e8238e61
            f6b5b984d4d3dfa033c1bb7e4f0037febf406d91c0dccf32acf423cfa1e7071010d3f270121b493c
            e85054ef58bada42310138fe081adb04e2bd901f2f13458b3d6758158197107c14ebb193230cd115
            7380aa79cae1374a7c1e5bbcb80ee23e06ebfde206bfb0fcbc0edc4ebec309661bdd908d532eb0c6
            adc38b7ca7331dce8dfce39ab71e7c32d318d136b6100671a1ae6a6600e3899f31f0eed19e3417d1
            34b90c9058f8632c798d4490da4987307cba922d61c39805d072b589bd52fdf1e86215c2d54e6670
            e07383a27bbffb5addf47d66aa85a0c6f9f32e59d85a44dd5d3b22dc2be80919b490437ae4f36a0a
            e55edf1d0b5cb4e9a3ecabee93dfc6e38d209d0fa6536d27a5d6fbb17641cde27525d61093f1b280
            72d111b2b4ae5f89d5974ee12e5cf7d5da4d6a31123041f33e61407e76cffcdcfd7e19ba58cf4b53
            6f4c4938ae79324dc402894b44faf8afbab35282ab659d13c93f70412e85cb199a37ddec60054547
            3cfb5a05e08d0b209973b2172b4d21fb69745a262ccde96ba18b2faa745b6fe189cf772a9f84cbfc
            """;

    private final QuicInitial initial = new QuicInitial();
    private final QuicClient client = new QuicClient();
    private final FirstBytes firstBytes = new FirstBytes(1, 4096);
    private final ClientHello reader = new ClientHello();
    private long loan = firstBytes.lend();

    @ParameterizedTest
    @EnumSource(BufferKind.class)
    void opensTheSamplesOfTheStandards(BufferKind kind) {
        for (String sample : new String[] {VERSION_1, VERSION_2}) {
            client.clear();
            loan = firstBytes.lend();
            byte[] bytes = Hex.bytes(sample);
            BufferKind.Placed placed = kind.place(bytes);
            assertThat(initial.read(placed.buffer(), placed.offset(), placed.length(), client))
                    .isEqualTo(InitialStatus.OPENED);
            assertThat(placed.bytes()).isEqualTo(bytes);
            assertThat(initial.hasNewKeys()).isTrue();
            assertThat(initial.nextPiece()).isTrue();
            assertThat(initial.piecePosition()).isZero();
            assertThat(initial.pieceLength()).isEqualTo(241);
            addPiece();
            assertThat(initial.nextPiece()).isFalse();
            assertThat(status()).isEqualTo(NameStatus.FOUND);
            assertThat(reader.name()).hasToString("example.com");
            assertThat(client.nextNumber()).isEqualTo(3);
        }
    }

    /** The other way round: what the tests below send is what the standards say. */
    @Test
    void theTestsMakeTheSamples() {
        byte[] frames = Arrays.copyOf(sampleFrame(), 1162);
        assertThat(initial(frames).number(2, 4).build()).isEqualTo(Hex.bytes(VERSION_1));
        assertThat(initial(frames).version(V2).number(2, 4).build())
                .isEqualTo(Hex.bytes(VERSION_2));
    }

    /** Chrome: many pieces, out of order, with PING and PADDING between, over two datagrams. */
    @Test
    void collectsPiecesOfSeveralDatagrams() {
        byte[] hello = hello("big.example.org", 800);
        int half = 900;
        byte[] first =
                initial(
                                piece(hello, 500, half),
                                new byte[] {0x01},
                                padding(7),
                                piece(hello, 0, 3),
                                padding(300))
                        .number(1, 1)
                        .build();
        byte[] second =
                initial(piece(hello, half, hello.length), piece(hello, 3, 500), padding(100))
                        .number(2, 1)
                        .build();
        assertThat(read(padded(second))).isEqualTo(InitialStatus.OPENED);
        assertThat(add()).isEqualTo(NameStatus.INCOMPLETE);
        assertThat(read(padded(first))).isEqualTo(InitialStatus.OPENED);
        assertThat(initial.hasNewKeys()).isFalse();
        assertThat(add()).isEqualTo(NameStatus.FOUND);
        assertThat(reader.name()).hasToString("big.example.org");
    }

    /** After the server's answer the client sends to its id, with the keys of the first one. */
    @ParameterizedTest
    @ValueSource(ints = {V1, V2})
    void keepsTheKeysOfTheFirstId(int later) {
        assertThat(read(initial(padding(1200)).build())).isEqualTo(InitialStatus.OPENED);
        byte[] answer =
                initial(crypto(0, hello("a.example", 9)), padding(1200))
                        .version(later) // RFC 9368 lets the server choose another version
                        .destination(SERVER_ID)
                        .keys(CLIENT_ID)
                        .number(1, 2)
                        .build();
        assertThat(initial.read(Unpooled.wrappedBuffer(answer), 0, answer.length, new QuicClient()))
                .isEqualTo(InitialStatus.NOT_AUTHENTIC);
        assertThat(read(answer)).isEqualTo(InitialStatus.OPENED);
        assertThat(initial.hasNewKeys()).isFalse();
        assertThat(add()).isEqualTo(NameStatus.FOUND);
        assertThat(client.id()).startsWith(CLIENT_ID);
    }

    /** RFC 9000 §17.2.5.2: the id of the Retry makes new keys, and packets carry its token. */
    @Test
    void takesNewKeysAfterARetry() {
        byte[] frame = crypto(0, hello("a.example", 9));
        assertThat(read(initial(frame, padding(1200)).build())).isEqualTo(InitialStatus.OPENED);
        byte[] again =
                initial(frame, padding(1200))
                        .destination(SERVER_ID)
                        .token(new byte[77])
                        .number(1, 1)
                        .build();
        assertThat(read(again)).isEqualTo(InitialStatus.OPENED);
        assertThat(initial.hasNewKeys()).isTrue();
        byte[] later =
                initial(frame, padding(1200))
                        .destination(NOBODYS_ID)
                        .keys(SERVER_ID)
                        .number(2, 1)
                        .build();
        assertThat(read(later)).isEqualTo(InitialStatus.OPENED);
        assertThat(initial.hasNewKeys()).isFalse();
        byte[] old = initial(padding(1200)).destination(NOBODYS_ID).keys(CLIENT_ID).build();
        assertThat(read(old)).isEqualTo(InitialStatus.NOT_AUTHENTIC);
    }

    /** The samples of RFC 9001 §A.4 and RFC 9369 §A.4, and what is none. */
    @Test
    void readsTheIdOfARetry() {
        byte[] one =
                Hex.bytes(
                        "ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba");
        byte[] two =
                Hex.bytes(
                        "cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6");
        for (byte[] retry : new byte[][] {one, two}) {
            client.clear();
            assertThat(readRetry(retry)).isTrue();
            assertThat(client.id()).startsWith(SERVER_ID);
            assertThat(client.idLength()).isEqualTo(SERVER_ID.length);
        }
        client.clear();
        for (int length = 0; length < 7 + SERVER_ID.length; length++) {
            assertThat(readRetry(Arrays.copyOf(one, length))).as("%d", length).isFalse();
        }
        int[][] changes = {{0, 0x7f}, {0, 0xcf}, {0, 0xef}, {4, 2}, {5, 21}, {6, 0}, {6, 21}};
        for (int[] change : changes) {
            byte[] other = one.clone();
            other[change[0]] = (byte) change[1];
            assertThat(readRetry(other)).as("%d: %d", change[0], change[1]).isFalse();
        }
        assertThat(client.isKnown()).isFalse();
    }

    private boolean readRetry(byte[] datagram) {
        return initial.readRetry(Unpooled.wrappedBuffer(datagram), 0, datagram.length, client);
    }

    /** RFC 9000 §A.3: one byte is enough once the server knows how far the client is. */
    @Test
    void completesShortPacketNumbers() {
        long number = 0x9b32; // some clients begin at a random one
        for (int step : new int[] {0, 1, 120, 10, -60, 127}) {
            number += step;
            int length = step == 0 ? 2 : 1;
            assertThat(read(initial(padding(1200)).number(number, length).build()))
                    .as("%x", number)
                    .isEqualTo(InitialStatus.OPENED);
        }
        assertThat(client.nextNumber()).isEqualTo(0x9b32 + 198 + 1);
        assertThat(read(initial(padding(1200)).number(number + 300, 1).build()))
                .isEqualTo(InitialStatus.NOT_AUTHENTIC);
        assertThat(client.nextNumber()).isEqualTo(0x9b32 + 198 + 1);
    }

    @Test
    void readsAllPacketsOfADatagram() {
        byte[] hello = hello("c.example", 40);
        byte[] datagram =
                concat(
                        initial(piece(hello, 60, hello.length)).number(0, 1).build(),
                        other(V1, ZERO_RTT, CLIENT_ID, 300),
                        initial(new byte[] {0x01}, piece(hello, 0, 60), padding(600))
                                .number(1, 1)
                                .build(),
                        other(V1, HANDSHAKE, CLIENT_ID, 300),
                        Hex.bytes("40 c3 c3 c3")); // a short header, and what follows is its own
        assertThat(datagram).hasSizeGreaterThan(1200);
        assertThat(read(datagram)).isEqualTo(InitialStatus.OPENED);
        assertThat(add()).isEqualTo(NameStatus.FOUND);
        assertThat(reader.name()).hasToString("c.example");
    }

    /** The whole datagram or nothing: what cannot be opened here could be opened by a server. */
    @Test
    void handsOutNothingIfAnyPacketIsWrong() {
        byte[] good = initial(crypto(0, hello("a.example", 9)), padding(1200)).build();
        byte[][] bad = {
            initial(padding(30)).number(1, 1).keys(NOBODYS_ID).build(),
            initial(padding(30)).number(1, 1).destination(NOBODYS_ID).build(),
            initial(padding(30)).number(1, 1).destination(new byte[0]).build(),
            initial(new byte[] {0x08}, padding(30)).number(1, 1).build(),
            other(0xff00_001d, 0, CLIENT_ID, 30),
            other(V1, RETRY, CLIENT_ID, 30),
            Arrays.copyOf(initial(padding(30)).number(1, 1).build(), 40),
        };
        InitialStatus[] expected = {
            InitialStatus.NOT_AUTHENTIC,
            InitialStatus.MALFORMED,
            InitialStatus.MALFORMED,
            InitialStatus.MALFORMED,
            InitialStatus.OTHER_VERSION,
            InitialStatus.MALFORMED,
            InitialStatus.TOO_SHORT,
        };
        for (int i = 0; i < bad.length; i++) {
            assertThat(read(concat(good, bad[i]))).as("%d", i).isEqualTo(expected[i]);
            assertThat(initial.nextPiece()).isFalse();
            assertThat(client.isKnown()).isFalse();
        }
        // Neither do two kinds of keys mix
        assertThat(read(good)).isEqualTo(InitialStatus.OPENED);
        byte[] byOld = initial(padding(900)).destination(SERVER_ID).keys(CLIENT_ID).build();
        byte[] byNew = initial(padding(900)).destination(SERVER_ID).build();
        assertThat(read(concat(byOld, byNew))).isEqualTo(InitialStatus.NOT_AUTHENTIC);
        assertThat(read(concat(byNew, byOld))).isEqualTo(InitialStatus.NOT_AUTHENTIC);
        assertThat(read(concat(byOld, byOld))).isEqualTo(InitialStatus.OPENED);
        assertThat(read(concat(byNew, byNew))).isEqualTo(InitialStatus.OPENED);
    }

    @Test
    void passesByWhatBeginsNoConnection() {
        byte[] id = CLIENT_ID;
        assertThat(read(new byte[0])).isEqualTo(InitialStatus.NOT_INITIAL);
        assertThat(read(Hex.bytes("40 01 02"))).isEqualTo(InitialStatus.NOT_INITIAL);
        for (int version : new int[] {V1, V2}) {
            assertThat(read(other(version, HANDSHAKE, id, 99)))
                    .isEqualTo(InitialStatus.NOT_INITIAL);
            assertThat(read(other(version, ZERO_RTT, id, 99))).isEqualTo(InitialStatus.NOT_INITIAL);
            assertThat(read(other(version, RETRY, id, 99))).isEqualTo(InitialStatus.MALFORMED);
        }
        assertThat(read(other(0, 0, id, 99))).isEqualTo(InitialStatus.OTHER_VERSION);
        assertThat(read(other(2, 0, id, 99))).isEqualTo(InitialStatus.OTHER_VERSION);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    an acknowledgment            | 02 05 00 00 05              | OPENED
                    one with ranges              | 02 40 99 40 00 02 00 01 01 01 01 | OPENED
                    one with ECN                 | 03 05 00 00 05 01 02 03     | OPENED
                    a close                      | 1c 0a 06 03 61 62 63        | OPENED
                    an empty piece               | 06 00 00                    | OPENED
                    at the end of all            | 06 ff ff ff ff ff ff ff fe 01 61 | OPENED
                    a piece beyond               | 06 ff ff ff ff ff ff ff ff 01 61 | MALFORMED
                    a piece longer than all      | 06 00 ff ff ff ff ff ff ff ff | MALFORMED
                    an application's close       | 1d 0a 00                    | MALFORMED
                    a stream                     | 08 00 61                    | MALFORMED
                    a new token                  | 07 01 61                    | MALFORMED
                    handshake done               | 1e                          | MALFORMED
                    PADDING in two bytes         | 40 00                       | MALFORMED
                    CRYPTO in two bytes          | 40 06 00 01 61              | MALFORMED
                    """)
    void allowsTheFramesOfTheStandard(String what, String frame, InitialStatus expected) {
        byte[] bytes = Hex.bytes(frame);
        assertThat(read(initial(bytes, padding(1200)).build())).isEqualTo(expected);
        byte[] atTheEnd = initial(padding(1200), bytes).number(1, 4).build();
        assertThat(read(atTheEnd)).isEqualTo(expected);
        // Cut: each but the padding and the like is against the rules then
        for (int length = 1; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThat(read(initial(padding(1200), cut).number(2, 4).build()))
                    .as("%d bytes", length)
                    .isEqualTo(InitialStatus.MALFORMED);
        }
    }

    @Test
    void refusesWhatBreaksTheRules() {
        byte[] filler = other(V1, HANDSHAKE, CLIENT_ID, 1200);
        assertThat(read(concat(initial().build(), filler))).isEqualTo(InitialStatus.MALFORMED);
        assertThat(read(concat(initial().number(0, 1).build(), filler)))
                .as("too short for a mask")
                .isEqualTo(InitialStatus.MALFORMED);
        for (int reserved : new int[] {0x04, 0x08, 0x0c}) {
            assertThat(read(initial(padding(1200)).firstBits(0xc0 | reserved).build()))
                    .isEqualTo(InitialStatus.MALFORMED);
        }
        assertThat(read(initial(padding(1200)).destination(new byte[21]).build()))
                .isEqualTo(InitialStatus.MALFORMED);
        assertThat(read(initial(padding(1200)).source(new byte[21]).build()))
                .isEqualTo(InitialStatus.MALFORMED);
        assertThat(read(initial(padding(1200)).lengthError(1).build()))
                .isEqualTo(InitialStatus.TOO_SHORT);
        assertThat(read(initial(padding(1200)).lengthError(-1).build()))
                .isEqualTo(InitialStatus.NOT_AUTHENTIC);
        assertThat(read(initial(padding(1200)).source(new byte[20]).build()))
                .isEqualTo(InitialStatus.OPENED);
    }

    /** RFC 9287 §3.1: a client may clear it, if it has a token of a server that allows that. */
    @Test
    void opensPacketsWithoutTheQuicBit() {
        assertThat(read(initial(padding(1200)).firstBits(0x80).token(new byte[9]).build()))
                .isEqualTo(InitialStatus.OPENED);
    }

    /** RFC 9000 §7.2: eight bytes at least, but for the id of a Retry, which a server chooses. */
    @Test
    void opensIdsOfManyLengths() {
        for (int length = 0; length <= 20; length++) {
            byte[] id = new byte[length];
            Arrays.fill(id, (byte) length);
            byte[] datagram = initial(padding(1200)).destination(id).build();
            client.clear();
            assertThat(read(datagram))
                    .as("%d", length)
                    .isEqualTo(length < 8 ? InitialStatus.NOT_AUTHENTIC : InitialStatus.OPENED);
            assertThat(client.idLength()).isEqualTo(length < 8 ? 0 : length);
            client.remember(CLIENT_ID, CLIENT_ID.length, 1);
            assertThat(read(datagram))
                    .as("%d", length)
                    .isEqualTo(length == 0 ? InitialStatus.NOT_AUTHENTIC : InitialStatus.OPENED);
            assertThat(client.idLength()).isEqualTo(length == 0 ? CLIENT_ID.length : length);
        }
    }

    /** A server knows which of the two it is; here, one could be shown and the other be meant. */
    @Test
    void opensNothingByTwoKeys() throws Exception {
        byte[] two = TwoKeyPacket.to(CLIENT_ID, NOBODYS_ID, 1);
        byte[] good = initial(padding(1200)).destination(NOBODYS_ID).keys(CLIENT_ID).build();
        client.remember(CLIENT_ID, CLIENT_ID.length, 1);
        assertThat(read(two)).isEqualTo(InitialStatus.MALFORMED);
        assertThat(initial.nextPiece()).isFalse();
        assertThat(client.nextNumber()).isEqualTo(1);
        assertThat(read(good)).isEqualTo(InitialStatus.OPENED);
        assertThat(read(concat(good, two))).as("behind one").isEqualTo(InitialStatus.MALFORMED);

        client.remember(NOBODYS_ID, NOBODYS_ID.length, 1);
        assertThat(read(two)).as("no frames by these keys").isEqualTo(InitialStatus.MALFORMED);
        client.remember(SERVER_ID, SERVER_ID.length, 1);
        assertThat(read(two)).as("likewise").isEqualTo(InitialStatus.MALFORMED);
    }

    /** RFC 9000 §14.1. */
    @Test
    void takesNoSmallDatagram() {
        int overhead = initial().build().length;
        assertThat(read(initial(padding(1199 - overhead)).build()))
                .isEqualTo(InitialStatus.TOO_SHORT);
        assertThat(read(initial(padding(1200 - overhead)).build())).isEqualTo(InitialStatus.OPENED);
        byte[] large = initial(padding(65_535 - overhead - 2)).build();
        assertThat(large).hasSize(65_535);
        assertThat(read(large)).isEqualTo(InitialStatus.OPENED);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> initial.read(Unpooled.buffer(), 0, 65_536, client))
                .withMessageContaining("65536");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> initial.read(Unpooled.buffer(), 0, -1, client));
    }

    @Test
    void opensNothingThatWasChangedOrCut() {
        for (String sample : new String[] {VERSION_1, VERSION_2}) {
            byte[] bytes = Hex.bytes(sample);
            for (int bit = 0; bit < bytes.length * 8; bit++) {
                bytes[bit / 8] ^= (byte) (1 << (bit % 8));
                assertThat(read(bytes)).as("bit %d", bit).isNotEqualTo(InitialStatus.OPENED);
                assertThat(initial.nextPiece()).isFalse();
                bytes[bit / 8] ^= (byte) (1 << (bit % 8));
            }
            for (int length = 0; length < bytes.length; length++) {
                assertThat(read(Arrays.copyOf(bytes, length)))
                        .as("%d bytes", length)
                        .isEqualTo(
                                length == 0 ? InitialStatus.NOT_INITIAL : InitialStatus.TOO_SHORT);
            }
            assertThat(client.isKnown()).isFalse();
        }
        // Longer than a server asks for, so that nothing but the length in the header is wrong
        byte[] large = initial(padding(1300)).token(new byte[70]).build();
        for (int length = 1200; length < large.length; length++) {
            assertThat(read(Arrays.copyOf(large, length))).isEqualTo(InitialStatus.TOO_SHORT);
        }
    }

    @Test
    void survivesRandomBytes() {
        Random random = new Random(9000);
        byte[] start = Arrays.copyOf(Hex.bytes(VERSION_1), 18);
        int[] seen = new int[InitialStatus.values().length];
        for (int round = 0; round < 100_000; round++) {
            byte[] bytes = new byte[random.nextInt(round % 8 == 0 ? 1500 : 60)];
            random.nextBytes(bytes);
            System.arraycopy(start, 0, bytes, 0, Math.min(bytes.length, random.nextInt(19)));
            seen[read(bytes).ordinal()]++;
            assertThat(initial.nextPiece()).isFalse();
        }
        assertThat(seen[InitialStatus.OPENED.ordinal()]).isZero();
        for (InitialStatus status : InitialStatus.values()) {
            assertThat(seen[status.ordinal()] > 0)
                    .as("%s", status)
                    .isEqualTo(status != InitialStatus.OPENED);
        }
    }

    /** Well protected nonsense: what a hostile client can send. */
    @Test
    void survivesRandomFrames() {
        Random random = new Random(9001);
        int openedOnes = 0;
        byte[] types = {0, 1, 2, 3, 6, 6, 6, 0x1c};
        for (int round = 0; round < 3_000; round++) {
            byte[] frames = new byte[1 + random.nextInt(12)];
            random.nextBytes(frames);
            for (int i = 0; i < frames.length; i++) {
                frames[i] &= (byte) (random.nextInt(10) == 0 ? 0xff : 0x0f);
            }
            frames[0] = types[random.nextInt(types.length)];
            byte[] packet = initial(frames).number(0, 4).build();
            InitialStatus status = read(concat(packet, other(V1, ZERO_RTT, CLIENT_ID, 1200)));
            while (initial.nextPiece()) {
                openedOnes++;
                assertThat(status).isEqualTo(InitialStatus.OPENED);
                assertThat(initial.piecePosition()).isNotNegative();
                assertThat(initial.pieceLength()).isBetween(0, frames.length);
                assertThat(initial.pieceOffset() + initial.pieceLength())
                        .isLessThanOrEqualTo(frames.length);
            }
        }
        assertThat(openedOnes).isGreaterThan(50);
    }

    private InitialStatus read(byte[] datagram) {
        // Exactly as much memory as there is: a read beyond the end throws
        return initial.read(Unpooled.wrappedBuffer(datagram), 0, datagram.length, client);
    }

    private NameStatus add() {
        while (initial.nextPiece()) {
            addPiece();
        }
        return status();
    }

    private void addPiece() {
        int there =
                firstBytes.add(
                        loan,
                        initial.piecePosition(),
                        initial.memory(),
                        initial.pieceOffset(),
                        initial.pieceLength());
        assertThat(there).isNotEqualTo(FirstBytes.CONFLICT);
    }

    private NameStatus status() {
        return reader.readMessage(
                firstBytes.memory(), firstBytes.offset(loan), firstBytes.contiguous(loan));
    }

    private static byte[] piece(byte[] hello, int from, int to) {
        return crypto(from, Arrays.copyOfRange(hello, from, to));
    }

    private static byte[] sampleFrame() {
        return Hex.bytes(
                """
                060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69
                484c00000413011302010000c000000010000e00000b6578616d706c652e636f6dff01000100000a
                00080006001d0017001800100007000504616c706e000500050100000000003300260024001d0020
                9370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400
                0d0010000e0403050306030203080408050806002d00020101001c00024001003900320408ffffff
                ffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f03e51570806
                048000ffff
                """);
    }
}
