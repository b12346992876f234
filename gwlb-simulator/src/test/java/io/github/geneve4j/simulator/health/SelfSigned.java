package io.github.geneve4j.simulator.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** TLS as appliances have it for health checks: of another name, and signed by nobody. */
public final class SelfSigned {
    private SelfSigned() {}

    /**
     * {@return a server's TLS, with a new key}
     *
     * @param folder where the key is kept
     */
    public static SSLContext context(Path folder) throws Exception {
        Path file = folder.resolve("keys");
        Process keytool =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin/keytool").toString(),
                                "-genkeypair",
                                "-alias",
                                "a",
                                "-keyalg",
                                "EC",
                                "-dname",
                                "CN=elsewhere",
                                "-keystore",
                                file.toString(),
                                "-storepass",
                                "secret")
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("keytool.log").toFile())
                        .start();
        try {
            assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).as("keytool ends").isTrue();
        } finally {
            keytool.destroyForcibly();
        }
        char[] password = "secret".toCharArray();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            keys.load(in, password);
        }
        KeyManagerFactory managers =
                KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }
}
