package io.github.geneve4j.io;

import java.net.InetAddress;

class UdpPortTest extends SocketPortTest {
    @Override
    SocketPortBuilder<?> builder(InetAddress address) {
        return UdpPort.builder(address);
    }
}
