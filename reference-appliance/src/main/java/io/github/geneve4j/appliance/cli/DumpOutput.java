package io.github.geneve4j.appliance.cli;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;

/**
 * Lines on their way out: handed on many at a time, but never held back while the input lets us
 * wait, so that a live capture can be watched.
 */
final class DumpOutput {
    private static final int FLUSH_LENGTH = 1 << 13;
    private static final String LINE_END = System.lineSeparator();

    private final StringBuilder pending = new StringBuilder();
    private final PrintWriter out;

    DumpOutput(PrintWriter out) {
        this.out = out;
    }

    /** The output takes no more: a full disk, or a reader that has gone. */
    static final class FailedException extends IOException {
        private static final long serialVersionUID = 1;

        FailedException() {
            super("the output cannot be written");
        }
    }

    /** {@return the characters that are to go out; whole lines, but while one is being written} */
    StringBuilder line() {
        return pending;
    }

    void endLine() throws FailedException {
        pending.append(LINE_END);
        if (pending.length() >= FLUSH_LENGTH) {
            flush();
        }
    }

    void flush() throws FailedException {
        out.append(pending);
        pending.setLength(0);
        // Writer and stream keep their failures to themselves, each its own.
        if (out.checkError() || System.out.checkError()) {
            throw new FailedException();
        }
    }

    /** {@return the input, with a flush ahead of each read that may have to wait} */
    InputStream flushedBeforeWaiting(InputStream in) {
        return new FilterInputStream(in) {
            @Override
            public int read() throws IOException {
                flushIfEmpty();
                return super.read();
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                flushIfEmpty();
                return super.read(bytes, offset, length);
            }

            private void flushIfEmpty() throws IOException {
                if (available() == 0) {
                    flush();
                }
            }
        };
    }
}
