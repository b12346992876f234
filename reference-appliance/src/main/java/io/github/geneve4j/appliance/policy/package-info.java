/** What is allowed: rules as an operator writes them, and the form in which packets are judged. */
@NullMarked
package io.github.geneve4j.appliance.policy;

import org.jspecify.annotations.NullMarked;
