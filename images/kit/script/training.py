"""Training in script mode: the user's code and packages are brought, then the user's program does the work.

Follows the container contract of aws/sagemaker-training-toolkit; why it is not that toolkit itself stands in
docs/decisions/0020-script-mode.md.
"""

import os

from images.kit.connections import wait_for_names
from images.kit.container import root

from . import program, servers, settings, sources, variables
from .framework import announce
from .intermediate import Intermediate
from .mpi import launch
from .mpi.settings import read as read_mpi
from .packages import Overlay


def train(framework, job, prepare=None, beside=None):
    """Runs the job's script.

    prepare(wanted, job) may give the framework's own hyperparameters and variables: (settings, dict of texts).
    beside(wanted, job) may give servers.Beside where the job asks for parameter servers; hosts' names resolve by then.
    Raises UserError if code, packages or settings are wrong, HostError if another host cannot be found or, where they
    work together, is lost, ProgramError if the program does not end well.
    """
    announce(framework)
    wanted = settings.read(job.hyperparameters, os.environ)
    more = {}
    if prepare is not None:
        wanted, more = prepare(wanted, job)
    mpi = read_mpi(wanted.framework_parameters)
    code = root() / "code"
    sources.bring(wanted.submit_directory, code)
    overlay = Overlay()
    overlay.make()
    command = program.command_of(wanted.program, code, overlay.python)
    overlay.install(code)
    wait_for_names(job.hosts)
    companions = None
    if beside is not None and wanted.framework_parameters.get(servers.ENABLED):
        companions = beside(wanted, job)
    environment = overlay.variables(
        {
            **os.environ,
            **variables.variables(wanted, job, framework.module),
            **more,
            **launch.variables(),
            "PYTHONPATH": ":".join(str(folder) for folder in (code, *framework.path)),
            "PYTHONUNBUFFERED": "1",
        }
    )
    arguments = variables.arguments(wanted.hyperparameters)
    with Intermediate(wanted, os.environ):
        if companions is not None:
            servers.run(companions, job, overlay.python, [*command, *arguments], code, environment)
        elif mpi is None:
            program.run(command, arguments, code, environment)
        else:
            command = launch.python_command(command, overlay.python)
            launch.run(mpi, job, [*command, *arguments], code, environment)
    success = root() / "output" / "success"
    success.parent.mkdir(parents=True, exist_ok=True)
    success.touch()
