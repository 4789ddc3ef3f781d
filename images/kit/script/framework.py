"""What a framework adds to script mode, and the line that says which version of it runs."""

import os
import platform
import re
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from .handlers import Defaults

TOOLKITS = Path(__file__).parent / "toolkits"
"""Modules that scripts import from AWS's containers of all frameworks."""


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
    toolkits: Path | None = None
    """Folder of modules that scripts import from AWS's container of this framework."""

    @property
    def path(self):
        """Folders that come last where modules are looked for: AWS's toolkits, and what they stand on."""
        return [*([self.toolkits] if self.toolkits else []), TOOLKITS, Path(__file__).parents[3]]


def announce(framework):
    """Prints, as the first line of the log, which version runs for the one that the image's tag asks for."""
    announce_version(framework.name, framework.distribution)


def announce_version(name, distribution):
    """As announce does. name: for people. distribution: the package whose version it is."""
    here = f"{name} {version(distribution)}, Python {platform.python_version()}"
    asked = asked_image()
    wanted = f"Image {asked['name']} asks for version {asked['version']}; here runs " if asked else "Here runs "
    print(f"{wanted}{here}.", flush=True)


def asked_image():
    """`name` and `version` of the image that the job or model names, such as 2.3.1; None if its tag is no version."""
    return re.match(r"(?:[^/]+/)*(?P<name>[^:@]+):(?P<version>\d[\d.]*)", os.environ.get("SAGEBRUSH_IMAGE", ""))
