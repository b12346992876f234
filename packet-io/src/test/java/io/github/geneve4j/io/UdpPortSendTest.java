package io.github.geneve4j.io;

import java.net.InetAddress;

class UdpPortSendTest extends SocketPortSendTest {
    @Override
    SocketPortBuilder<?> builder(InetAddress address) {
        return UdpPort.builder(address);
    }
}
