/**
 * Compares what returns Geneve datagrams to a load balancer: the appliance on each of its ports,
 * the kernel's iptables, DPDK's testpmd, and an XDP program as the limit. {@code
 * benchmarks/dataplane} runs it all; see {@link io.github.geneve4j.benchmarks.dataplane.DataPlane}.
 */
package io.github.geneve4j.benchmarks.dataplane;
