"""The planned, running and finished jobs of one call of the workflow, and the time left."""

import time
from collections import Counter, defaultdict
from statistics import fmean


class Jobs:
    """Counts of jobs by rule.

    Attributes
    ----------
    planned
        Jobs by rule.
    running
        Rule and start (:func:`time.monotonic`) of each running job, by number.
    reasons
        Reasons for the jobs of each rule.
    done, total
        Numbers of jobs.
    """

    def __init__(self) -> None:
        self.planned: Counter[str] = Counter()
        self.running: dict[int, tuple[str, float]] = {}
        self.reasons: dict[str, Counter[str]] = defaultdict(Counter)
        self.done = self.total = 0
        self._seconds: dict[str, list[float]] = defaultdict(list)
        self._started = 0.0

    def start(self, stats: dict[str, int]) -> bool:
        """Store the plan; return False if there already is one."""
        if self.planned:
            return False
        self.planned.update({rule: count for rule, count in stats.items() if rule != "total"})
        self.total = stats["total"]
        self._started = time.monotonic()
        return True

    def begin(self, job: int, rule: str, reason: str | None) -> None:
        """Record the start of a job."""
        self.running[job] = rule, time.monotonic()
        for part in (reason or "").split("; "):
            if head := part.partition(":")[0].strip().lower():
                self.reasons[rule][head] += 1

    def end(self, job: int) -> None:
        """Record the end of a job."""
        if begun := self.running.pop(job, None):
            self._seconds[begun[0]].append(time.monotonic() - begun[1])

    def fail(self, job: int) -> None:
        """Record the failure of a job."""
        self.running.pop(job, None)

    def seconds_left(self) -> tuple[float, bool] | None:
        """Return the seconds left and whether they are a lower bound; None before the first end.

        The estimate for a job is the mean of its rule's finished jobs. If a rule has no finished
        job, its jobs are not counted and the time is a lower bound. The number of parallel jobs is
        assumed to stay the same.
        """
        finished = [seconds for each in self._seconds.values() for seconds in each]
        elapsed = time.monotonic() - self._started
        if not finished or not elapsed:
            return None
        begun = [(rule, time.monotonic() - start) for rule, start in self.running.values()]
        work = 0.0
        for rule, seconds in self._seconds.items():
            left = (self.planned[rule] - len(seconds)) * fmean(seconds)
            work += max(0.0, left - sum(each for name, each in begun if name == rule))
        at_once = max(1.0, (sum(finished) + sum(each for _, each in begun)) / elapsed)
        return work / at_once, any(rule not in self._seconds for rule in self.planned)

    def headline(self) -> str:
        """Return what will run."""
        jobs = "job" if self.total == 1 else "jobs"
        return f"{self.total:,} {jobs}: {_counted(self.planned.most_common(6), self.planned)}"

    def at_work(self) -> str:
        """Return the running rules, with their numbers of jobs."""
        rules = Counter(rule for rule, _ in self.running.values())
        return _counted(rules.most_common(3), rules)

    def table(self) -> str:
        """Return a table of the planned jobs by rule, with the reasons for them."""
        width = max(len(rule) for rule in self.planned)
        lines = [
            "Job stats:",
            f"{'job':{width}}    count  reason",
            "-" * width + "  -------  ------",
        ]
        for rule, count in self.planned.items():
            reasons = ", ".join(
                reason if number == count else f"{reason} ({number:,})"
                for reason, number in self.reasons[rule].most_common()
            )
            lines.append(f"{rule:{width}}  {count:7,}  {reasons}".rstrip())
        return "\n".join([*lines, f"{'total':{width}}  {self.total:7,}", ""])


def _counted(shown: list[tuple[str, int]], rules: Counter[str]) -> str:
    told = ", ".join(f"{count:,} {rule}" for rule, count in shown)
    return f"{told}, …" if len(rules) > len(shown) else told
