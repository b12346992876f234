package io.github.geneve4j.io;

import java.net.InetAddress;

class NioPortSendTest extends SocketPortSendTest {
    @Override
    SocketPortBuilder<?> builder(InetAddress address) {
        return NioPort.builder(address);
    }
}
