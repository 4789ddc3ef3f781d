"""Packages that a script asks for, in an environment of their own over the image's, which nobody can write.

The overlay is a virtual environment whose packages come first and the image's after them: what is installed already
is not installed again, another version of it stands before it, and `pip install` in a script works as anywhere.
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from images.kit.container import root
from images.kit.errors import UserError

PIP = ("-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--no-cache-dir")
TAIL_LINES = 12


class Overlay:
    """The environment of this container's scripts, below /opt/ml."""

    def __init__(self):
        self.folder = root() / "packages"
        self.python = self.folder / "bin" / "python"
        self.site = self.folder / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"

    def make(self):
        """Makes it, empty, if it is not there yet."""
        if self.python.exists():
            return
        base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
        self.site.mkdir(parents=True, exist_ok=True)
        self.python.parent.mkdir(parents=True, exist_ok=True)
        (self.folder / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\n")
        below = [path for path in sys.path if path.endswith("-packages")]
        (self.site / "_image.pth").write_text(
            "".join(f"import site; site.addsitedir({path!r})\n" for path in below), encoding="utf-8"
        )
        for name in ("pip", "pip3"):
            script = self.python.parent / name
            script.write_text(f"#!{self.python}\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())")
            script.chmod(0o755)
        for name in ("python3", "python"):
            (self.python.parent / name).symlink_to(base)

    def variables(self, environment):
        """The environment with the overlay's programs first on the PATH."""
        return {**environment, "PATH": f"{self.python.parent}:{environment.get('PATH', os.defpath)}"}

    def install(self, code):
        """Installs what the folder of code asks for: setup.py as a package, requirements.txt. Whether it did anything.

        Raises UserError with pip's last lines if a package cannot be had.
        """
        has_requirements, is_package = (code / "requirements.txt").is_file(), (code / "setup.py").is_file()
        if has_requirements:
            self._pip(["-r", "requirements.txt"], code)
        if is_package:
            # The image's setuptools builds it: an isolated site has no index to take another from.
            self._pip(["--no-build-isolation", "."], code)
        return has_requirements or is_package

    def _pip(self, wanted, code):
        print(f"Installing {' '.join(wanted)}", flush=True)
        command = [str(self.python), *PIP, *wanted]
        environment = {**self.variables(os.environ), "PIP_ROOT_USER_ACTION": "ignore"}
        done = subprocess.Popen(command, cwd=code, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        lines = []
        for line in done.stdout:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
            lines = [*lines[1 - TAIL_LINES :], line.decode("utf-8", errors="replace").rstrip()]
        if done.wait() != 0:
            errors = [line for line in lines if line.startswith("ERROR")] or lines
            raise UserError(f"pip install {' '.join(wanted)} failed, exit code {done.returncode}. " + " ".join(errors))
