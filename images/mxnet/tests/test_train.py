"""Variables of MXNet's parameter servers, and how scripts run that use them."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from images.mxnet.train import RUNNER, parameter_servers

# Names that resolve everywhere.
HOSTS = ("127.0.0.1", "127.0.0.2")
COMMON = {
    "DMLC_NUM_WORKER": "2",
    "DMLC_NUM_SERVER": "2",
    "DMLC_PS_ROOT_URI": "127.0.0.1",
    "DMLC_PS_ROOT_PORT": "8000",
    "PS_VERBOSE": "0",
    "DMLC_INTERFACE": "eth1",
}
ALONE = {"DMLC_NUM_WORKER": "1", "DMLC_NUM_SERVER": "1", "DMLC_NODE_HOST": "127.0.0.1"}
CASES = {
    "the first host schedules": (HOSTS, HOSTS[0], ["scheduler", "server"], COMMON),
    "another host serves": (HOSTS, HOSTS[1], ["server"], COMMON),
    "a host alone does all": (
        HOSTS[:1],
        HOSTS[0],
        ["scheduler", "server"],
        {**{name: value for name, value in COMMON.items() if name != "DMLC_INTERFACE"}, **ALONE},
    ),
}


def beside(hosts, current, **hyperparameters):
    job = SimpleNamespace(hosts=hosts, current_host=current, resources={"network_interface_name": "eth1"})
    return parameter_servers(SimpleNamespace(hyperparameters=hyperparameters), job)


@pytest.mark.parametrize(("hosts", "current", "roles", "common"), CASES.values(), ids=CASES.keys())
def test_roles_of_a_host(hosts, current, roles, common):
    found = beside(hosts, current)
    assert [server.variables for server in found.servers] == [{**common, "DMLC_ROLE": role} for role in roles]
    assert found.variables == {**common, "DMLC_ROLE": "worker"}


def test_the_schedulers_port_may_be_chosen():
    found = beside(HOSTS, HOSTS[0], _ps_port=9100, _ps_verbose=2).variables
    assert (found["DMLC_PS_ROOT_PORT"], found["PS_VERBOSE"]) == ("9100", "2")


# Something waits at the end of each, as MXNet does for other hosts.
ENDLESS = "import atexit, sys, threading\natexit.register(threading.Event().wait, 0 if '--ends' in sys.argv else 600)\n"
TRACEBACK = """Traceback (most recent call last):
  File "{place}/train.py", line 3, in <module>
    raise ValueError("no seeds")
ValueError: no seeds
"""
SCRIPTS = {
    "ends well": ("print(__name__, sys.argv, sys.path[0])", "--ends", 0, "__main__ ['{name}', '--ends'] {place}\n", ""),
    "raises": ('raise ValueError("no seeds")', "", 1, "", TRACEBACK),
    "says why it ends": ("sys.exit('no seeds')", "", 1, "", "no seeds\n"),
    "ends with a number": ("sys.exit(7)", "", 7, "", ""),
    "ends with 0": ("sys.exit(0)", "--ends", 0, "", ""),
}


@pytest.mark.parametrize(("code", "word", "exit_code", "output", "errors"), SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_script_runs_as_python_runs_it_and_ends_at_once_if_it_fails(tmp_path, code, word, exit_code, output, errors):
    path = tmp_path / "train.py"
    path.write_text(ENDLESS + code)
    done = subprocess.run([sys.executable, *RUNNER, path, word], capture_output=True, text=True, timeout=60)
    output, errors = (text.format(place=tmp_path, name=path) for text in (output, errors))
    assert (done.returncode, done.stdout, done.stderr) == (exit_code, output, errors)


def test_a_package_runs_as_a_module(tmp_path):
    (tmp_path / "train.py").write_text("import sys\nprint(__name__, sys.argv[1:])")
    command = [sys.executable, *RUNNER, "-m", "train", "--rate", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=True)
    assert done.stdout == "__main__ ['--rate', '1']\n"
