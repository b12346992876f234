package io.github.geneve4j.appliance.cli;

/**
 * Work that is done again and again, also after memory ran out once: else an executor would drop it
 * for ever, without a word.
 *
 * @param work not to be dropped
 */
record Lasting(Runnable work) implements Runnable {
    @Override
    public void run() {
        try {
            work.run();
        } catch (OutOfMemoryError e) {
            // The next time may be better; to tell of it needs memory too.
        }
    }
}
