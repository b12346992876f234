package io.github.geneve4j.simulator.conform;

/** What a check says about an appliance. */
public enum Verdict {
    /** It does what the load balancer needs. */
    PASS("pass"),
    /** It does something else; the evidence shows what. */
    FAIL("fail"),
    /** It could not be found out from here; the message says what is missing. */
    NOT_APPLICABLE("not applicable"),
    /** It could not be asked, since this host's network or the suite itself failed. */
    ERROR("error");

    private final String label;

    Verdict(String label) {
        this.label = label;
    }

    /** {@return the word that reports use} */
    public String label() {
        return label;
    }
}
