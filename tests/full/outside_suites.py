"""Test suites that others wrote: their sources are taken from a folder that a variable names, or fetched by git at a
pinned commit into the cache. docs/outside-suites.md lists which of their tests do not pass, by reason."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from foreign_clients import installed
from server_process import ROOT

PAGE = ROOT / "docs/outside-suites.md"
# Longer than the largest suite takes on a busy machine.
SUITE_SECONDS = 1800


@dataclass(frozen=True)
class Suite:
    #: Heading of its part of the page.
    title: str
    #: Names a folder that holds `paths`; without it they are fetched.
    variable: str
    repository: str
    commit: str
    paths: tuple[str, ...]


def sources(suite):
    """Folder of the suite's files. Skips where they cannot be had."""
    given = os.environ.get(suite.variable)
    if given:
        assert (Path(given) / suite.paths[0]).is_dir(), (
            f"{suite.variable} names {given}, which has no {suite.paths[0]}/"
        )
        return Path(given)
    # A host that does not answer is given up after half a minute.
    patience = ["-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=30"]
    try:
        return installed(
            f"suite-{suite.repository.rsplit('/', 1)[-1]}",
            [],
            ["git", "init", "--quiet"],
            ["git", *patience, "fetch", "--quiet", "--depth=1", suite.repository, suite.commit],
            ["git", "checkout", "--quiet", "FETCH_HEAD", "--", *suite.paths],
        )
    except (AssertionError, OSError, subprocess.TimeoutExpired) as cause:
        pytest.skip(f"{suite.repository} cannot be fetched, and {suite.variable} names no folder: {cause}")


def outcomes(python, folder, arguments, variables, report):
    """{test: "passed", "failed", "error" or "skipped"} of a run of pytest in the folder.

    A test is called `file::name[parameters]`, its file without folders. An expected failure counts as skipped.
    """
    command = [
        python,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-q",
        "-W",
        "ignore",
        "--tb=line",
        f"--junitxml={report}",
    ]
    done = subprocess.run(
        [str(part) for part in [*command, *arguments]],
        cwd=folder,
        env={**variables, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=SUITE_SECONDS,
        check=False,
    )
    # 0 and 1: it ran to its end.
    assert done.returncode in (0, 1), f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname').rsplit('.', 1)[-1]}.py::{case.get('name')}"
        kinds = {child.tag for child in case}
        outcome = next((kind for kind in ("error", "failure", "skipped") if kind in kinds), "passed")
        # A test that failed and whose clean-up did too is written twice.
        if found.get(name, "passed") == "passed" or outcome == "error":
            found[name] = "failed" if outcome == "failure" else outcome
    return found


def expected_not_to_pass(suite):
    """Names that the suite's part of the page lists as not passing."""
    parts = re.split(r"^## (.+)$", PAGE.read_text(), flags=re.MULTILINE)
    part = dict(zip(parts[1::2], parts[2::2], strict=True))[suite.title]
    return set(re.findall(r"^- `(\S+::\S+?)`", part, flags=re.MULTILINE))


def compare(suite, found, left_out=()):
    """Fails when a test does not pass that did, or passes that is listed as one that does not.

    left_out: files that were not run.
    """
    passed = {name for name, outcome in found.items() if outcome == "passed"}
    listed = {name for name in expected_not_to_pass(suite) if name.split("::")[0] not in left_out}
    worse = sorted(set(found) - passed - listed)
    better = sorted(listed & passed)
    unknown = sorted(listed - set(found))
    assert worse == [], f"{len(worse)} tests of {suite.title} do not pass that did:\n" + "\n".join(worse)
    assert better == [], f"{PAGE.name} lists tests that pass; take them out:\n" + "\n".join(better)
    assert unknown == [], f"{PAGE.name} lists tests that there are not:\n" + "\n".join(unknown)
