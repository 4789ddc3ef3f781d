"""Serving in script mode: the user's code and packages are brought, then its handlers answer.

Where code lies follows the SageMaker Python SDK: SDKs that repack put it into model.tar.gz below `code/`, others name
an archive in S3 (SAGEMAKER_SUBMIT_DIRECTORY); SAGEMAKER_PROGRAM names the script.
"""

import os
import sys
from pathlib import Path

from images.kit.container import model_folder, root
from images.kit.errors import UserError
from images.kit.serve import worker_count

from . import crew, sources
from .framework import announce
from .handlers import Answer, import_script
from .packages import Overlay

DEFAULT_PROGRAM = "inference.py"
PREPARED = "SAGEBRUSH_PREPARED"
"""Set in the process that goes on with the overlay's interpreter: code and packages are there."""


def serve(framework, image, load=None, workers=None):
    """Serves until SIGTERM and returns the exit code.

    image: name for `python -m images.kit`. load(code, program, framework): what answers, made in each worker; by
    default the script's handlers. workers: how many of them unless the model says otherwise; None for one each CPU.
    """
    try:
        code, program = prepare(framework, image)
    except UserError as error:
        print(f"ERROR: {error}", file=sys.stderr, flush=True)
        return 1
    return crew.serve(lambda: (load or load_handlers)(code, program, framework), worker_count(workers))


def load_handlers(code, program, framework):
    """The answers of a script with model_fn and its like. Raises UserError if there is no script."""
    if program is None:
        raise UserError(
            "There is no script to answer with: SAGEMAKER_PROGRAM names none, and model.tar.gz has no "
            f"code/{DEFAULT_PROGRAM}. The SageMaker SDK sends both when a model is given an entry_point."
        )
    return Answer(load_script(code, program, framework), framework.defaults, os.environ)


def load_script(code, program, framework):
    """Imports the script, its folder and code/lib before everything else on the path."""
    overlay = Overlay()
    script = code / program
    folders = dict.fromkeys([script.parent, code, code / "lib", overlay.site])
    sys.path[:0] = [str(folder) for folder in folders]
    sys.path += [str(folder) for folder in framework.path]
    sys.executable = str(overlay.python)
    os.environ.update(overlay.variables(os.environ))
    os.chdir(code)
    return import_script(script)


def prepare(framework, image):
    """Brings code and packages: the folder of the code, and the script's path in it, None if there is none.

    Goes on in a new process when packages were installed: what this one has imported may not be what they bring.
    """
    code, program = _code(os.environ)
    if PREPARED in os.environ:
        return code, program
    announce(framework)
    overlay = Overlay()
    overlay.make()
    if overlay.install(code):
        os.environ[PREPARED] = "1"
        os.execv(overlay.python, [str(overlay.python), "-m", "images.kit", image, "serve"])
    return code, program


def _code(environment):
    """Folder of the code and the script in it. Raises UserError if a script is named and not there."""
    inside = model_folder() / "code"
    program = environment.get("SAGEMAKER_PROGRAM") or None
    place = environment.get("SAGEMAKER_SUBMIT_DIRECTORY") or None
    folder = inside
    if program is not None and _is_elsewhere(place, inside):
        folder = root() / "code"
        sources.bring(place, folder)
    folder.mkdir(parents=True, exist_ok=True)
    if program is None:
        return folder, DEFAULT_PROGRAM if (folder / DEFAULT_PROGRAM).is_file() else None
    path = folder / program
    if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
        # SDKs name the script by its path on the user's machine where they repack.
        path = folder / Path(program).name
    if not path.is_file():
        found = ", ".join(sorted(entry.name for entry in folder.iterdir())) or "nothing"
        raise UserError(f"The code has no file {program!r} (SAGEMAKER_PROGRAM); it has {found}.")
    return folder, str(path.relative_to(folder))


def _is_elsewhere(place, inside):
    """Whether the code is not within the model's archive. SDKs that repack name the repacked archive, or its folder."""
    if place is None or place.endswith("/model.tar.gz"):
        return False
    return place.startswith("s3://") or Path(place.removeprefix("file://")).resolve() != inside.resolve()
