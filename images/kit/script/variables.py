"""What a training script is handed: command line arguments and the variables SM_*.

Follows aws/sagemaker-training-toolkit, "List of provided environment variables by SageMaker containers".
"""

import json
import os
import subprocess
from pathlib import PurePosixPath

from images.kit.container import root


def arguments(hyperparameters):
    """Command line arguments, by name: `--depth 6`, `-k 1`, `--sizes a=1,b=2`; a boolean is True or False."""
    found = []
    for name, value in sorted(hyperparameters.items()):
        found += [f"--{name}" if len(name) > 1 else f"-{name}", _argument(value)]
    return found


def _argument(value):
    if value is None:
        return ""
    if isinstance(value, dict):
        return ",".join(f"{name}={inner}" for name, inner in sorted(value.items()))
    return str(value)


def variables(settings, job, framework_module):
    """Name to text of every variable SM_*."""
    place = root()
    channels = {name: str(channel.folder) for name, channel in job.channels.items()}
    facts = {
        "hosts": list(job.hosts),
        "current_host": job.current_host,
        "network_interface_name": job.resources.get("network_interface_name", "eth0"),
        "resource_config": job.resources,
        "input_data_config": job.input_data,
        "num_cpus": len(os.sched_getaffinity(0)),
        "num_gpus": gpu_count(),
        "log_level": settings.log_level,
        "framework_module": framework_module,
        "user_entry_point": settings.program,
        "module_name": module_name(settings.program),
        "module_dir": settings.submit_directory or str(place / "code"),
        "model_dir": str(place / "model"),
        "input_dir": str(place / "input"),
        "input_config_dir": str(place / "input" / "config"),
        "output_dir": str(place / "output"),
        "output_data_dir": str(place / "output" / "data"),
        "output_intermediate_dir": str(place / "output" / "intermediate"),
    }
    everything = {
        **facts,
        "additional_framework_parameters": settings.framework_parameters,
        "channel_input_dirs": channels,
        "hyperparameters": settings.hyperparameters,
        "is_master": job.current_host == job.hosts[0],
        "master_hostname": job.hosts[0],
        "job_name": settings.job_name,
    }
    named = {
        **facts,
        "hps": settings.hyperparameters,
        "framework_params": settings.framework_parameters,
        "channels": sorted(channels),
        "training_env": everything,
        "user_args": arguments(settings.hyperparameters),
        **{f"channel_{name}": path for name, path in channels.items()},
        **{f"hp_{name}": value for name, value in settings.hyperparameters.items()},
    }
    return {f"SM_{name.upper()}": _text(value) for name, value in named.items()}


def _text(value):
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))


def module_name(program):
    """`train` for `train.py`; a package keeps its name."""
    return str(PurePosixPath(program).with_suffix("")) if program.endswith(".py") else program


def gpu_count():
    """GPUs that nvidia-smi lists; 0 where there is no such program."""
    try:
        listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    return sum(line.startswith("GPU ") for line in listed.stdout.splitlines())
