package io.github.geneve4j.io;

import java.net.InetAddress;

class NioPortTest extends SocketPortTest {
    @Override
    SocketPortBuilder<?> builder(InetAddress address) {
        return NioPort.builder(address);
    }
}
