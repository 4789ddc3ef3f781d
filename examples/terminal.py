"""What the examples show on a terminal: steps with their times, a confusion table, digits as pictures."""

import contextlib
import sys
import time

_COLOUR = sys.stdout.isatty()
_steps = []


def _styled(text, code):
    return f"\033[{code}m{text}\033[0m" if _COLOUR else text


@contextlib.contextmanager
def step(title):
    """Announces a step, and says how long it took when it is over."""
    print(_styled(f"\n{len(_steps) + 1}. {title}", "1"), flush=True)
    started = time.monotonic()
    yield
    seconds = time.monotonic() - started
    _steps.append((title, seconds))
    print(f"   {_styled('done', '32')} in {seconds:.1f} s", flush=True)


def say(text):
    print(f"   {text}", flush=True)


def summary():
    """The times of all steps, as bars."""
    longest = max(seconds for _, seconds in _steps)
    width = max(len(title) for title, _ in _steps)
    print(_styled("\nWhere the time went", "1"))
    for title, seconds in _steps:
        print(f"   {title:<{width}}  {seconds:6.1f} s  {'▇' * round(30 * seconds / longest)}")
    print(f"   {'together':<{width}}  {sum(seconds for _, seconds in _steps):6.1f} s")


def confusion_table(truth, answers, classes=10):
    """Rows: the digit on the paper. Columns: the answer. Dots are zeros."""
    counts = [[0] * classes for _ in range(classes)]
    for row, column in zip(truth, answers, strict=True):
        counts[row][column] += 1
    print("   " + " " * 8 + "".join(f"{column:>6}" for column in range(classes)) + "   right")
    for row, line in enumerate(counts):
        cells = "".join(
            _styled(f"{count or '·':>6}", "32" if row == column else "31" if count > 20 else "2")
            for column, count in enumerate(line)
        )
        print(f"   digit {row} {cells}  {line[row] / max(1, sum(line)):6.1%}")


# Braille patterns: each character shows 2 x 4 pixels, so that 28 x 28 pixels take 14 x 7 characters.
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))


def _braille(pixels, side=28, threshold=90):
    lines = []
    for top in range(0, side, 4):
        line = ""
        for left in range(0, side, 2):
            bits = 0
            for y, row in enumerate(_DOTS):
                for x, bit in enumerate(row):
                    if pixels[(top + y) * side + left + x] > threshold:
                        bits |= bit
            line += chr(0x2800 + bits)
        lines.append(line)
    return lines


def digits(images, truth, answers, per_row=5):
    """Pictures of 28 x 28 grey bytes side by side, each with its answer and, where they differ, the truth."""
    for start in range(0, len(images), per_row):
        part = range(start, min(start + per_row, len(images)))
        for line in zip(*(_braille(images[index]) for index in part), strict=True):
            print("   " + "  ".join(line))
        captions = []
        for index in part:
            right = truth[index] == answers[index]
            text = f"answer {answers[index]}" + ("" if right else f", is {truth[index]}")
            captions.append(_styled(f"{text:<14}", "32" if right else "31"))
        print("   " + "  ".join(captions) + "\n")
