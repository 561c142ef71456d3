"""Does a round keep up with a million captures on two cores? `make bench-sampling`.

Whole rounds on SQLite; the near-duplicate gate; diversity alone beside three other samplers, each in a process of its
own.
"""

from benchmarks.report import Report, machine
from benchmarks.sampling import diversity, pool, whole_round
from benchmarks.sampling.diversity import measure_diversity
from benchmarks.sampling.gate import measure_gate
from benchmarks.sampling.whole_round import measure_rounds

TARGETS = {**whole_round.TARGETS, **diversity.TARGETS}


def main() -> None:
    """Measure all parts, publish."""
    started = machine()
    of_diversity, samplers = measure_diversity()
    gates = list(measure_gate())
    of_rounds, rounds = measure_rounds()
    Report(
        name="sampling",
        headline={**of_rounds, **of_diversity},
        targets=TARGETS,
        rows=[*rounds, *samplers, *gates],
        seeds={"pool": pool.SEED},
        machine=started,
    ).publish()


if __name__ == "__main__":
    main()
