package io.github.geneve4j.simulator.load;

/**
 * Who sends to whom.
 *
 * <p>The node's MAC address should not be that of the interface: then the kernel takes replies for
 * somebody else's and drops them at once, after the generator got its copy.
 *
 * @param device interface of the node
 * @param nodeMac the load balancer's, the lower 48 bits
 * @param applianceMac where frames go, the lower 48 bits
 * @param nodeAddress the load balancer's IPv4 address, big-endian
 * @param applianceAddress where datagrams go, IPv4, big-endian
 */
public record Wire(
        String device, long nodeMac, long applianceMac, int nodeAddress, int applianceAddress) {}
