"""What a framework adds to script mode, and the line that says which version of it runs."""

import os
import platform
import re
from dataclasses import dataclass, field
from importlib.metadata import version

from .handlers import Defaults


@dataclass(frozen=True)
class Framework:
    """A framework whose scripts can be run."""

    name: str
    """As people write it: `scikit-learn`."""
    distribution: str
    """Its package, whose version is told."""
    module: str
    """SM_FRAMEWORK_MODULE, as AWS's container has it."""
    defaults: Defaults = field(default_factory=Defaults)
    """What stands for handlers that the script does not define."""


def announce(framework):
    """Prints, as the first line of the log, which version runs for the one that the image's tag asks for."""
    here = f"{framework.name} {version(framework.distribution)}, Python {platform.python_version()}"
    asked = re.match(r"(?:[^/]+/)*(?P<name>[^:@]+):(?P<version>[\d.]+)", os.environ.get("SAGEBRUSH_IMAGE", ""))
    wanted = f"Image {asked['name']} asks for version {asked['version']}; here runs " if asked else "Here runs "
    print(f"{wanted}{here}.", flush=True)
