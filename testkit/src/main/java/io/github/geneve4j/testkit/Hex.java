package io.github.geneve4j.testkit;

import java.util.HexFormat;

/** Packets as readable text: hex digits in groups and lines, as in an RFC's box. */
public final class Hex {
    private Hex() {}

    /**
     * {@return the bytes that the text shows}
     *
     * @param text hex digits; white space between them is ignored, and so is the rest of a line
     *     from {@code #}
     * @throws IllegalArgumentException if anything else stands there, or a digit is missing
     */
    public static byte[] bytes(String text) {
        return HexFormat.of().parseHex(text.replaceAll("#[^\n]*", "").replaceAll("\\s", ""));
    }

    /**
     * {@return the bytes as lower-case hex digits without spaces}
     *
     * @param bytes any number of them
     */
    public static String text(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
