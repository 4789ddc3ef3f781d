"""Training on several hosts, as scripts ask for it: the names are those of AWS's sagemaker-xgboost-container.

The hosts meet and end as those of the built-in algorithm do (images/kit/hosts.py), on its port.
"""

import sys

from images.kit.hosts import join
from images.xgboost.together import communicator


def rabit_run(
    exec_fun,
    args,
    include_in_training,
    hosts,
    current_host,
    first_port=None,
    second_port=None,
    max_connect_attempts=None,
    connect_retry_timeout=None,
    update_rabit_args=False,
):
    """Calls exec_fun(**args) on every host that is included, while xgboost.train trains on the rows of all of them.

    update_rabit_args: args also have is_master, true on one host. Ports and attempts are taken and not used.
    Ends the program with 0 on a host that is not included. Raises RuntimeError if none is, on each host what exec_fun
    raises there, and HostError, UserError or SystemExit where another host has failed.
    """
    hosts = sorted(hosts)
    with join(hosts, current_host) as group:
        are_included = group.gather(bool(include_in_training))
    with_data = [host for host, is_included in zip(hosts, are_included, strict=True) if is_included]
    if not with_data:
        raise RuntimeError(f"No hosts received training data: include_in_training is false on {', '.join(hosts)}.")
    if not include_in_training:
        print(f"[INFO] {current_host} takes no part in training (include_in_training).", flush=True)
        sys.exit(0)
    with join(with_data, current_host) as group, communicator(group):
        exec_fun(**{**args, **({"is_master": group.number == 0} if update_rabit_args else {})})
