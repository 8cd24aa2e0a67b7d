"""Runs that take turns, and what their times say."""

import statistics


def alternate(runs, rounds, say=lambda text: None):
    """Calls each of `runs` (a function by name) once a round, the other way round every second time."""
    samples = {name: [] for name in runs}
    for index in range(rounds):
        names = list(runs) if index % 2 == 0 else list(reversed(runs))
        for name in names:
            sample = runs[name]()
            samples[name].append(sample)
            say(f"  round {index + 1}: {name} {sample['seconds']:.2f} s")
    return samples


def fastest(candidates, say=lambda text: None):
    """The name of the setting that takes least time of two tries each; tried in turns."""
    if len(candidates) == 1:
        return next(iter(candidates))
    samples = alternate(candidates, 2)
    times = {name: min(sample["seconds"] for sample in tries) for name, tries in samples.items()}
    best = min(times, key=times.get)
    say("  settings: " + ", ".join(f"{name} {time:.2f} s" for name, time in times.items()) + f"; takes {best}")
    return best


def rate(sample, what):
    """So many `what` a second: tokens, texts or prompt_tokens."""
    return sample[what] / sample["seconds"]


def summary(samples, what):
    """Medians of one engine."""
    rates = [rate(sample, what) for sample in samples]
    cpu = [sample[what] / sample["cpu_seconds"] for sample in samples]
    memory = [sample["peak_memory_bytes"] for sample in samples if sample.get("peak_memory_bytes")]
    return {
        "rate": statistics.median(rates),
        "best_rate": max(rates),
        "texts_per_second": statistics.median(rate(sample, "texts") for sample in samples),
        "per_cpu_second": statistics.median(cpu),
        "peak_memory_bytes": statistics.median(memory) if memory else None,
        "seconds": [sample["seconds"] for sample in samples],
    }


def ratio(ours, theirs, what):
    """Our rate over theirs: of the medians, least and most of the rounds, and by processor time."""
    rounds = [rate(one, what) / rate(other, what) for one, other in zip(ours, theirs)]
    medians = [statistics.median(rate(sample, what) for sample in samples) for samples in (ours, theirs)]
    work = [statistics.median(sample[what] / sample["cpu_seconds"] for sample in samples) for samples in (ours, theirs)]
    return {"ratio": medians[0] / medians[1], "least": min(rounds), "most": max(rounds), "by_cpu": work[0] / work[1]}
