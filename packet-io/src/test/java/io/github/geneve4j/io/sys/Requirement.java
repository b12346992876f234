package io.github.geneve4j.io.sys;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;

/** What a test needs of the machine: without it the test is skipped, or fails where it must run. */
public final class Requirement {
    private Requirement() {}

    /** The tests' process is root's. */
    public static void root() {
        require("root", "root".equals(System.getProperty("user.name")));
    }

    /** The command can be run. */
    public static void command(String name) {
        require(name, isOnPath(name));
    }

    /** It is there. */
    public static void require(String what, boolean there) {
        if (there) {
            return;
        }
        if (System.getenv("GENEVE4J_REQUIRE_PRIVILEGED") != null) {
            fail("needs " + what + ", and must not be skipped here");
        }
        abort("needs " + what);
    }

    private static boolean isOnPath(String command) {
        for (String folder : (System.getenv("PATH") + ":/usr/sbin:/sbin").split(":", -1)) {
            if (Files.isExecutable(Path.of(folder, command))) {
                return true;
            }
        }
        return false;
    }
}
