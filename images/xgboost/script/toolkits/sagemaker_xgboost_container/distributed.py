"""Training on several hosts, as scripts ask for it."""


def rabit_run(exec_fun, args, include_in_training, hosts, current_host, update_rabit_args=False, **_connection):
    """Calls exec_fun with args; on one host there is nothing to agree on.

    Raises NotImplementedError on several hosts.
    """
    if len(hosts) > 1:
        raise NotImplementedError(
            f"XGBoost on {len(hosts)} hosts (distributed.rabit_run) is not yet available in Sagebrush."
        )
    if include_in_training:
        exec_fun(**{**args, **({"is_master": True} if update_rabit_args else {})})
