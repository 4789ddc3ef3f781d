"""What the races measured, as a table of medians, spreads and ratios."""

import datetime
import os
import platform
import statistics
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"


@dataclass
class Measure:
    """One row of the table: a figure of ours for each round, and the peer's of the same round beside it."""

    what: str
    unit: str
    peer: str
    bar: str = ""
    ours: list = field(default_factory=list)
    theirs: list = field(default_factory=list)
    compare: str = "ratio"
    """`ratio`: ours divided by the peer's. `added`: ours less the peer's. Either is taken round by round."""
    digits: int | None = None
    """Digits after the point, for figures whose last digits count."""

    def compared(self):
        """Median of the rounds' comparisons, with the lowest and the highest."""
        if not self.theirs:
            return ""
        pairs = zip(self.ours, self.theirs, strict=True)
        values = [ours / theirs if self.compare == "ratio" else ours - theirs for ours, theirs in pairs]
        if self.compare == "ratio":
            middle, low, high = (ratio(value) for value in spread_of(values))
            return f"{middle}x ({low} - {high})"
        middle, low, high = (f"{value:+.{self.digits or 0}f}" for value in spread_of(values))
        return f"{middle} {self.unit} ({low} - {high})"


def ratio(value):
    return f"{value:.1f}" if value >= 2 else f"{value:.2f}"


def spread_of(values):
    """Median, lowest and highest."""
    return statistics.median(values), min(values), max(values)


def spread(values, digits=None):
    """`median (lowest - highest)`, or nothing."""
    if not values:
        return ""
    middle, low, high = (short(value, digits) for value in spread_of(values))
    return f"{middle} ({low} - {high})"


def short(value, digits=None):
    if digits is not None:
        return f"{value:.{digits}f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(measures):
    """A Markdown table."""
    lines = ["| what | ours | peer | compared | bar |", "| --- | --- | --- | --- | --- |"]
    for measure in measures:
        theirs = f"{spread(measure.theirs, measure.digits)} {measure.peer}" if measure.theirs else measure.peer
        ours = f"{spread(measure.ours, measure.digits)} {measure.unit}"
        lines.append(f"| {measure.what} | {ours} | {theirs} | {measure.compared()} | {measure.bar} |")
    return "\n".join(lines)


def machine():
    """Processor, memory, system and date, in one line."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return (
        f"{datetime.date.today()}, {os.cpu_count()} CPUs ({model}), {gib:.0f} GiB, {platform.system()} "
        f"{platform.release()}, commit {commit.stdout.strip() or 'unknown'}"
    )


def write_page(races, options, loads):
    """Replaces docs/performance.md. `races`: (title, what is compared, measures) of each."""
    parts = [
        "# Performance",
        f"Written by `npm run bench -- --write`: {machine()}.",
        f"Medians of {options.rounds} rounds ({options.jobs} jobs), lowest and highest in brackets; "
        "ours and the peer's rounds take turns in one run, "
        "client and server on the same machine, and what is compared is compared round by round. "
        f"Load of the machine when each race began: {min(loads):.1f} - {max(loads):.1f}.",
    ]
    for title, compared, measures in races:
        parts += [f"## {title}", compared, table(measures)]
    PAGE.write_text("\n\n".join(parts) + "\n")
