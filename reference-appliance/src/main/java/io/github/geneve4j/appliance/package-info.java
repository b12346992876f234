/**
 * The appliance's loop and the seam for inspectors.
 *
 * <p>Start at {@link io.github.geneve4j.appliance.Appliance#builder()} to embed the loop, at {@link
 * io.github.geneve4j.appliance.Inspector} to judge packets. A worker owns one port, one thread and
 * one inspector; nothing on the way of a packet is shared or locked:
 *
 * <pre>
 * port -&gt; OriginFilter -&gt; GeneveDecoder -&gt; EndpointPolicy -&gt; GwlbMetadata -&gt; FiveTuple -&gt; Inspector -&gt; Verdict
 *                                                                                  PASS     back in place to its sender
 *                                                                                  DROP     counted by reason
 *                                                                                  REJECT   a reset or an ICMP error instead
 *                                                                                  REWRITE  mended, then back to its sender
 * </pre>
 */
@NullMarked
package io.github.geneve4j.appliance;

import org.jspecify.annotations.NullMarked;
