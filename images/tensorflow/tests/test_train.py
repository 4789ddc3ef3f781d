"""TF_CONFIG of scripts and of the parameter servers beside them."""

import json
from types import SimpleNamespace

import pytest

from images.tensorflow.train import parameter_servers

CLUSTER = {
    "chief": ["algo-1:2222"],
    "worker": ["algo-2:2222", "algo-3:2222"],
    "ps": ["algo-1:2223", "algo-2:2223", "algo-3:2223"],
}
TASKS = {
    "algo-1": ({"type": "chief", "index": 0}, {"type": "ps", "index": 0}),
    "algo-2": ({"type": "worker", "index": 0}, {"type": "ps", "index": 1}),
    "algo-3": ({"type": "worker", "index": 1}, {"type": "ps", "index": 2}),
}


def beside(hosts, current):
    return parameter_servers(None, SimpleNamespace(hosts=hosts, current_host=current))


@pytest.mark.parametrize("host", TASKS)
def test_each_host_has_a_task_of_its_own_and_a_parameter_server(host):
    found = beside(tuple(TASKS), host)
    (server,) = found.servers
    configs = [json.loads(variables["TF_CONFIG"]) for variables in (found.variables, server.variables)]
    assert configs == [{"cluster": CLUSTER, "environment": "cloud", "task": task} for task in TASKS[host]]


def test_a_host_alone_has_none():
    assert beside(("algo-1",), "algo-1") is None
