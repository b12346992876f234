package io.github.geneve4j.appliance.cli;

import java.io.IOException;
import java.io.Serial;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** An input file that cannot be used; the message names it, and says why. */
final class UnusableFileException extends IOException {
    @Serial private static final long serialVersionUID = 1L;

    /** It cannot be read. */
    UnusableFileException(Path file, IOException cause) {
        super(file + ": " + why(cause), cause);
    }

    /** What is in a line of it, from 1, cannot be used. */
    UnusableFileException(Path file, int line, IllegalArgumentException cause) {
        super(file + ":" + line + ": " + cause.getMessage(), cause);
    }

    /** Most messages of the JDK's own are the name alone, or no words. */
    private static String why(IOException cause) {
        return switch (cause) {
            case NoSuchFileException _ -> "no such file";
            case AccessDeniedException _ -> "no right to read it";
            case CharacterCodingException _ -> "not UTF-8";
            default -> Main.reason(cause);
        };
    }
}
