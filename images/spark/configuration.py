"""The job's own configuration: classifications as EMR has them, in /opt/ml/processing/input/conf/configuration.json.

Follows the EMR release guide, "Configure applications", and the list that the SageMaker SDK lets through.
"""

import json
import os
from dataclasses import dataclass, field

from images.kit.container import root
from images.kit.errors import UserError

ABSENT = {
    "hadoop-env": "no daemon of Hadoop runs here; variables of the driver and executors go to spark-env",
    "hadoop-log4j": "no daemon of Hadoop runs here; Spark's log is set by spark-log4j",
    "hive-env": "Hive itself does not run here",
    "hive-log4j": "Hive itself does not run here",
    "hive-exec-log4j": "Hive itself does not run here",
    "hive-site": "Hive itself does not run here; Spark's own settings of it go to spark-hive-site",
    "yarn-env": "Spark's own master shares out the hosts, not YARN",
    "yarn-site": "Spark's own master shares out the hosts, not YARN",
}
"""Classifications whose program is not there, and why that is so."""

_PLAIN = {
    "core-site": "core_site",
    "spark-defaults": "spark_defaults",
    "spark-hive-site": "hive_site",
    "spark-log4j": "log4j",
    "spark-metrics": "metrics",
}
_NOT_THE_USERS = ("spark.master", "spark.submit.deployMode")


@dataclass
class Configuration:
    """Properties by the file they belong in; variables of Spark's processes."""

    core_site: dict[str, str] = field(default_factory=dict)
    spark_defaults: dict[str, str] = field(default_factory=dict)
    hive_site: dict[str, str] = field(default_factory=dict)
    log4j: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    """What has no meaning here, a sentence each."""


def read():
    """The configuration of this job, empty if it has none. Raises UserError if the file is not as EMR has it."""
    path = root() / "processing" / "input" / "conf" / "configuration.json"
    if not path.is_file():
        return Configuration()
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"configuration.json is no JSON: {error}") from None
    return parse(given)


def parse(given):
    """Configuration of a list of classifications, or of one. Raises UserError naming what is wrong."""
    configuration = Configuration()
    for entry in given if isinstance(given, list) else [given]:
        _add(configuration, entry)
    return configuration


def _add(configuration, entry):
    name = entry.get("Classification") if isinstance(entry, dict) else None
    if name in ABSENT:
        configuration.left_out.append(f"{name} is left out: {ABSENT[name]}.")
    elif name == "spark-env":
        for export in entry.get("Configurations") or []:
            if not isinstance(export, dict) or export.get("Classification") != "export":
                raise UserError('configuration.json: spark-env holds Configurations with the Classification "export".')
            exported = _properties(export)
            configuration.variables.update({key: os.path.expandvars(value) for key, value in exported.items()})
    elif name in _PLAIN:
        getattr(configuration, _PLAIN[name]).update(_properties(entry))
        _drop_what_is_not_here(configuration)
    else:
        known = ", ".join(sorted([*_PLAIN, *ABSENT, "spark-env"]))
        raise UserError(f"configuration.json: expected a Classification of {known}; got {json.dumps(name)}.")


def _properties(entry):
    properties = entry.get("Properties") or {}
    if not isinstance(properties, dict) or any(isinstance(value, dict | list) for value in properties.values()):
        raise UserError(f"configuration.json: Properties of {entry['Classification']} are names with texts.")
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in properties.items()}


def _drop_what_is_not_here(configuration):
    settings = configuration.spark_defaults
    for key in [key for key in settings if key in _NOT_THE_USERS or key.startswith("spark.yarn.")]:
        del settings[key]
        configuration.left_out.append(f"spark-defaults: {key} is left out: {ABSENT['yarn-site']}.")
