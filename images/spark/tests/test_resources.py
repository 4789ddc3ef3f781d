"""How instances are shared out among executors."""

import pytest

from images.kit.errors import UserError
from images.spark.resources import Instance, instance, share_out

LARGE = Instance(cpus=4, memory_mib=16384)


@pytest.mark.parametrize(
    ("hosts", "given", "executor", "cores", "total"),
    [
        (1, {}, "8192m", "4", "4"),
        (3, {}, "8192m", "4", "12"),
        (2, {"spark.executor.cores": "1"}, "2048m", "1", "8"),
        (2, {"spark.executor.cores": "3"}, "8192m", "3", "6"),
        (2, {"spark.executor.instances": "1"}, "8192m", "4", "4"),
        (1, {"spark.executor.instances": "9"}, "8192m", "4", "4"),
        (1, {"spark.executor.memory": "1g"}, "1g", "4", "4"),
    ],
)
def test_executors_have_what_an_instance_has(hosts, given, executor, cores, total):
    settings = share_out(LARGE, hosts, given)
    assert settings["spark.executor.memory"] == executor
    assert settings["spark.executor.cores"] == cores
    assert settings["spark.cores.max"] == total
    assert settings["spark.driver.memory"] == "4096m"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"spark.executor.cores": "5"}, "spark.executor.cores is 5; an instance of this job has 4"),
        ({"spark.executor.memory": "17g"}, "spark.executor.memory is 17g; an instance of this job has 16384m"),
        ({"spark.executor.memory": "much"}, "must be a size such as 512m or 2g, got 'much'"),
        ({"spark.executor.instances": "0"}, "must be a whole number from 1, got '0'"),
    ],
)
def test_an_executor_that_has_no_room_is_refused(given, text):
    with pytest.raises(UserError, match=text):
        share_out(LARGE, 1, given)


def test_the_platform_tells_the_size(monkeypatch):
    monkeypatch.setenv("SAGEBRUSH_INSTANCE_CPUS", "2")
    monkeypatch.setenv("SAGEBRUSH_INSTANCE_MEMORY_BYTES", str(4 * 2**30))
    assert instance() == Instance(cpus=2, memory_mib=4096)
