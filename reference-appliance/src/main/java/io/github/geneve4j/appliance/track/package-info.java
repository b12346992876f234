/**
 * Connections: which flow a packet belongs to, whether its TCP state and numbers allow it, who may
 * begin how many, and what each flow did until its end.
 *
 * <p>Start at {@link io.github.geneve4j.appliance.track.ConnectionTracker}. The package judges
 * packets by connection only; whether a new flow is allowed is a policy's question.
 */
@NullMarked
package io.github.geneve4j.appliance.track;

import org.jspecify.annotations.NullMarked;
