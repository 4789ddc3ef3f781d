"""The job: makes every attempt in turn and tells what came of it. Facts of the outside come as hyperparameters."""

import json
import os

from attempts.every import allowed, every
from attempts.make import make

CONFIGURATION = "/opt/ml/input/config/hyperparameters.json"


def leave_ways_out(facts):
    """Links out of what is uploaded: the test looks into the archives."""
    os.makedirs("/opt/ml/output/data", exist_ok=True)
    for folder in ("/opt/ml/model", "/opt/ml/output/data"):
        for name in ("secret", "data", "credentials"):
            os.symlink(facts[name], f"{folder}/{name}")
        os.symlink("/proc/1/root", f"{folder}/root")
        os.symlink("../../../../../../../.." + facts["secret"], f"{folder}/climbing")
        open(f"{folder}/kept", "w").write("kept")
    with open("/opt/ml/input/data/victim/input", "w") as file:
        file.write("overwritten")


def main():
    descriptors = {name: link(name) for name in os.listdir("/proc/self/fd")}
    with open(CONFIGURATION) as file:
        facts = json.load(file)
    facts = {key: int(value) if value.isdigit() else value for key, value in facts.items()}
    facts["descriptors"] = {name: target for name, target in descriptors.items() if target}
    for name, function in {**every(facts["level"]), **allowed(facts["level"])}.items():
        make(name, function, facts)
    leave_ways_out(facts)


def link(name):
    try:
        return os.readlink(f"/proc/self/fd/{name}")
    except OSError:
        return None  # of the listing itself


if __name__ == "__main__":
    main()
