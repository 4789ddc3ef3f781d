"""No mutated call makes the server fail, fall silent, stop or grow.

MUTATED_CALLS says how many are sent, MUTATED_CALLS_PROCESSES by how many processes, MUTATED_CALLS_SEED which.
replay.py sends one of them again.
"""

import os

import pytest
from samples import BUCKETS
from settled_memory import INSPECTED, settled_mb
from storm import send_all

COUNT = int(os.environ.get("MUTATED_CALLS", "8000"))
PROCESSES = int(os.environ.get("MUTATED_CALLS_PROCESSES", "1"))
SEED = os.environ.get("MUTATED_CALLS_SEED", "2020")
#: Calls after which it has loaded what it loads at first use and its caches are filled.
WARM_UP = 4000
#: The server's memory once it is warm, and what its tables and caches may add to that.
GROWTH = 1.25
GROWTH_MB = 32


@pytest.mark.timeout(300 + COUNT // 20)
def test_mutated_calls_are_answered_without_failure_silence_or_growth(own_server, tmp_path):
    server = own_server(environment=INSPECTED)
    for bucket in BUCKETS:
        server.client("s3").create_bucket(Bucket=bucket)
    server.client("s3").put_object(Bucket=BUCKETS[0], Key="key", Body=b"some bytes")
    server.client("iam").create_user(UserName="fuzzed")
    server.client("logs").create_log_group(logGroupName="fuzzed")
    server.client("ecr").create_repository(repositoryName="fuzzed")
    kms = server.client("kms")
    kms.create_alias(AliasName="alias/fuzzed", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])

    warm_up = max(COUNT // 10, min(WARM_UP, COUNT // 2))
    first, early = send_all(server, SEED, range(warm_up), tmp_path, PROCESSES)
    warm = settled_mb(server)
    second, late = send_all(server, SEED, range(warm_up, COUNT), tmp_path, PROCESSES)
    end = settled_mb(server)

    failures = [*early, *late]
    print(f"{COUNT} calls, seed {SEED}: {dict(first + second)}; {warm:.0f} MB warm, {end:.0f} MB at the end")
    assert failures == [], f"seed {SEED}, {len(failures)} failures\n" + "\n".join(failures[:20])
    assert server.process.poll() is None, "the server has ended"
    assert [line for line in server.errors if "not for callers" in line or "could not be" in line] == []
    assert end < warm * GROWTH + GROWTH_MB
    statuses = set(first + second)
    assert {200, 400, 403, 404} <= statuses, "the calls no longer get to where they are decoded and done"
