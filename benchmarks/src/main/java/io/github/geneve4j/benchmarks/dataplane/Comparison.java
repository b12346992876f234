package io.github.geneve4j.benchmarks.dataplane;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/** The samples of a run, and what they say together. */
final class Comparison {
    private final List<Sample> samples = new ArrayList<>();
    private final double mostApart;

    /**
     * Creates an empty one.
     *
     * @param mostApart samples of cores that were more nanoseconds apart do not count
     */
    Comparison(double mostApart) {
        this.mostApart = mostApart;
    }

    /** Adds a sample. */
    void add(Sample sample) {
        samples.add(sample);
    }

    /**
     * {@return all samples, in the order in which they were taken, also those that do not count}
     */
    List<Sample> samples() {
        return List.copyOf(samples);
    }

    /** {@return the samples of one program that count, one for each round at most} */
    List<Sample> of(Layout layout, Program program, Measure measure) {
        return samples.stream()
                .filter(sample -> sample.layout() == layout)
                .filter(sample -> sample.program().id().equals(program.id()))
                .filter(sample -> sample.measure().equals(measure))
                .filter(this::counts)
                .toList();
    }

    /** {@return the samples of a layout that count} */
    long counting(Layout layout) {
        return samples.stream().filter(s -> s.layout() == layout && counts(s)).count();
    }

    /** {@return all samples of a layout} */
    long taken(Layout layout) {
        return samples.stream().filter(s -> s.layout() == layout).count();
    }

    private boolean counts(Sample sample) {
        return sample.apart() <= mostApart;
    }

    /** {@return the median of a number over the rounds; empty without samples} */
    OptionalDouble median(
            Layout layout, Program program, Measure measure, ToDoubleFunction<Sample> number) {
        return median(of(layout, program, measure).stream().mapToDouble(number).toArray());
    }

    /**
     * {@return the median, over the rounds that both were measured in, of one program's number
     * divided by another's; empty if there are none} Machines drift, and a round is short.
     */
    OptionalDouble ratio(
            Layout layout,
            Program program,
            Program base,
            Measure measure,
            ToDoubleFunction<Sample> number) {
        List<Double> ratios = new ArrayList<>();
        for (Sample sample : of(layout, program, measure)) {
            for (Sample other : of(layout, base, measure)) {
                if (other.round() == sample.round() && number.applyAsDouble(other) > 0) {
                    ratios.add(number.applyAsDouble(sample) / number.applyAsDouble(other));
                }
            }
        }
        return median(ratios.stream().mapToDouble(Double::doubleValue).toArray());
    }

    static OptionalDouble median(double... numbers) {
        if (numbers.length == 0) {
            return OptionalDouble.empty();
        }
        double[] sorted = numbers.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return OptionalDouble.of(
                sorted.length % 2 == 1
                        ? sorted[middle]
                        : (sorted[middle - 1] + sorted[middle]) / 2);
    }
}
