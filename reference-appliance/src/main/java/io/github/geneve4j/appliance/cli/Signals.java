package io.github.geneve4j.appliance.cli;

import java.lang.reflect.Proxy;
import java.util.Set;

/**
 * Signals of the operating system, as far as the JVM passes them on.
 *
 * <p>The JDK has no supported way to hear SIGUSR1. {@code sun.misc.Signal} is in the module {@code
 * jdk.unsupported} for want of one, and reached by reflection here, since the compiler's warning
 * about it cannot be answered.
 */
final class Signals {
    /** Those that end the JVM; of all others it takes over what is ignored. */
    private static final Set<String> STAYS_IGNORED = Set.of("HUP", "INT", "TERM");

    private Signals() {}

    /**
     * Runs an action, in a thread of its own, whenever a signal comes; in place of what the JVM
     * would do.
     *
     * @param name without SIG: {@code TERM}, {@code INT}, {@code USR1}
     * @param action may take its time
     * @return whether it will ever run: of HUP, INT and TERM the JVM leaves it at that if they were
     *     ignored when it started, as {@code nohup} and the background jobs of scripts have them
     * @throws IllegalStateException if the platform has no such signal, or the JVM uses it itself
     */
    static boolean on(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object runner =
                    Proxy.newProxyInstance(
                            handler.getClassLoader(),
                            new Class<?>[] {handler},
                            (proxy, method, arguments) -> {
                                action.run();
                                return null;
                            });
            Object before =
                    signal.getMethod("handle", signal, handler)
                            .invoke(
                                    null,
                                    signal.getConstructor(String.class).newInstance(name),
                                    runner);
            return !STAYS_IGNORED.contains(name)
                    || !handler.getField("SIG_IGN").get(null).equals(before);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot listen to SIG" + name, e);
        }
    }
}
