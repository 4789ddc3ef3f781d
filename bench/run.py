"""Races against peers, round by round in one run: python bench/run.py [RACE …] [--rounds 5] [--write].

`npm run bench` brings what this needs and calls it.
"""

import argparse
import importlib
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from results import machine, table, write_page

RACES = (
    *("api", "lists", "points", "start", "job", "crowd", "images"),
    *("endpoint", "echo", "serving", "s3", "train", "transform", "pipe"),
)


def main():
    parser = argparse.ArgumentParser(description="Races against peers, as ratios of one run.")
    parser.add_argument("races", nargs="*", metavar="RACE", help=f"of {', '.join(RACES)}; all when none is named")
    parser.add_argument("--rounds", type=int, default=5, help="times each figure is taken (5)")
    parser.add_argument("--seconds", type=int, default=3, help="length of one measurement of calls (3)")
    parser.add_argument("--jobs", type=int, default=50, help="training jobs of the race `job` (50)")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    options = parser.parse_args()
    unknown = [name for name in options.races if name not in RACES]
    if unknown:
        parser.error(f"there is no race {unknown[0]}; there are {', '.join(RACES)}")
    print(machine())
    done, loads = [], []
    for name in options.races or RACES:
        race = importlib.import_module(f"races.{name}")
        loads.append(os.getloadavg()[0])
        print(f"\n{race.TITLE} (load {loads[-1]:.1f})\n{race.COMPARED}\n", flush=True)
        measures = race.run(options)
        print(table(measures), flush=True)
        done.append((race.TITLE, race.COMPARED, measures))
    if options.write:
        write_page(done, options, loads)


if __name__ == "__main__":
    main()
