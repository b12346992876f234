package io.github.geneve4j.io;

import io.github.geneve4j.io.sys.Architecture;
import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Another network namespace of this host: sockets and devices that are opened in it belong there,
 * and serve any thread afterwards. Linux only; entering needs CAP_SYS_ADMIN.
 */
public final class NetworkNamespace {
    private static final Path NAMED = Path.of("/run/netns"); // where ip-netns(8) has them

    private final String name;
    private final Path file;

    private NetworkNamespace(String name, Path file) {
        this.name = name;
        this.file = file;
    }

    /**
     * {@return a namespace that {@code ip netns add} made}
     *
     * @param name of it
     * @throws IllegalArgumentException if no file can have the name
     */
    public static NetworkNamespace named(String name) {
        if (name.isEmpty() || name.contains("/") || name.equals(".") || name.equals("..")) {
            throw new IllegalArgumentException("namespace '" + name + "': not a file's name");
        }
        return new NetworkNamespace(name, NAMED.resolve(name));
    }

    /**
     * {@return what the task returns, which runs in this namespace, on a thread of its own}
     *
     * @param <T> of the result
     * @param task what to do there
     * @throws IOException if there is no such namespace, or it cannot be entered
     * @throws Exception what the task throws
     */
    public <T> T call(Callable<T> task) throws Exception {
        FutureTask<T> future =
                new FutureTask<>(
                        () -> {
                            enter();
                            return task.call();
                        });
        // A thread that has entered cannot be trusted to come back: it ends with the task
        Thread thread = Thread.ofPlatform().name("namespace " + name).start(future);
        try {
            return future.get();
        } catch (InterruptedException e) {
            thread.interrupt();
            throw e;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }

    /**
     * Moves the calling thread, and no other, into this namespace: for a thread that stays there
     * until it ends, as it cannot be trusted to come back.
     *
     * @throws IOException if there is no such namespace, or it cannot be entered
     */
    public void enter() throws IOException {
        Architecture.current();
        try (Arena arena = Arena.ofConfined()) {
            int opened =
                    Libc.open(
                            arena.allocateFrom(file.toString()),
                            SocketHeader.O_RDONLY | SocketHeader.O_CLOEXEC);
            if (opened == -Errno.ENOENT) {
                throw new SystemCallException(
                        "open(" + file + ")",
                        Errno.ENOENT,
                        "there is no such network namespace: ip netns add " + name);
            }
            try (Descriptor descriptor = Descriptor.of(opened, "open(" + file + ")")) {
                SystemCallException.require(
                        Libc.setns(descriptor.number(), SocketHeader.CLONE_NEWNET),
                        "setns(" + name + ")",
                        "CAP_SYS_ADMIN");
            }
        }
    }
}
