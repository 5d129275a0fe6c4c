"""The learning rate as a function of the step."""

import math


def learning_rate_at(step: int, *, peak: float, warmup_steps: float, total_steps: int) -> float:
    """Return the learning rate of a step: linear warm-up to ``peak``, then cosine decay to 0.

    lr(t) = peak · min(1, (t+1)/w) for t < w, else peak · ½(1 + cos π min(1, (t−w)/max(1, T−w))).

    Parameters
    ----------
    step
        t, counted from 0.
    peak
        The largest rate.
    warmup_steps
        w, at most ``total_steps``.
    total_steps
        T.
    """
    warmup_steps = min(warmup_steps, total_steps)
    if step < warmup_steps:
        return peak * min(1.0, (step + 1) / warmup_steps)
    progress = (step - warmup_steps) / max(1.0, total_steps - warmup_steps)
    return peak * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
