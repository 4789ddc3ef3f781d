"""Spark's folder of configuration: which settings a job has by itself, and the files that say so."""

import re
from xml.sax.saxutils import escape

ROOT_LOGGER = "rootLogger"
_LEVELS = ("OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "ALL")
_LOG4J_1 = re.compile(r"log4j\.(?:(?P<root>rootLogger|rootCategory)|(?:logger|category)\.(?P<logger>.+))")

_LOG4J = {
    f"{ROOT_LOGGER}.level": "info",
    f"{ROOT_LOGGER}.appenderRef.stderr.ref": "console",
    "appender.console.type": "Console",
    "appender.console.name": "console",
    "appender.console.target": "SYSTEM_ERR",
    "appender.console.layout.type": "PatternLayout",
    "appender.console.layout.pattern": "%d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex",
}
"""As Spark's own default has it."""


def core_site(environment):
    """Settings of Hadoop's file systems: s3:// and s3a:// are this server's S3, under the credentials of the job."""
    settings = {
        "fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "fs.AbstractFileSystem.s3.impl": "org.apache.hadoop.fs.s3a.S3A",
        "fs.s3a.aws.credentials.provider": "com.amazonaws.auth.DefaultAWSCredentialsProviderChain",
        "fs.s3a.connection.maximum": "100",
        # A name of S3 is no name of this server's: the bucket is in the path.
        "fs.s3a.path.style.access": "true",
        "fs.s3a.buffer.dir": "/tmp/spark/s3a",
    }
    if endpoint := environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL"):
        settings["fs.s3a.endpoint"] = endpoint
        settings["fs.s3a.connection.ssl.enabled"] = str(endpoint.startswith("https:")).lower()
    if region := environment.get("AWS_REGION"):
        settings["fs.s3a.endpoint.region"] = region
    return settings


def spark_defaults(folder, driver_host):
    """Settings that any job has. folder: where Spark may write."""
    return {
        "spark.driver.host": driver_host,
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.jars.ivy": str(folder / "ivy"),
        # Nobody reaches it.
        "spark.ui.enabled": "false",
        # Each task puts its files in place; renaming in S3 is copying, and hosts have disks of their own.
        "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
    }


def write(folder, configuration, defaults, environment):
    """Writes spark-defaults.conf, core-site.xml and the others into the folder. The user's settings win."""
    folder.mkdir(parents=True, exist_ok=True)
    log4j, left_out = as_log4j_2(configuration.log4j)
    files = {
        "spark-defaults.conf": as_properties({**defaults, **configuration.spark_defaults}),
        "core-site.xml": as_xml({**core_site(environment), **configuration.core_site}),
        "log4j2.properties": as_properties({**_LOG4J, **log4j}),
    }
    if configuration.hive_site:
        files["hive-site.xml"] = as_xml(configuration.hive_site)
    if configuration.metrics:
        files["metrics.properties"] = as_properties(configuration.metrics)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [*configuration.left_out, *left_out]


def as_log4j_2(settings):
    """(settings of Log4j 2, sentences about what is left out) of settings of Log4j 1 or 2. Spark 2.4 had the first."""
    translated, left_out = {}, []
    for key, value in settings.items():
        if not key.startswith("log4j."):
            translated[key] = value
            continue
        match = _LOG4J_1.fullmatch(key)
        level = value.split(",")[0].strip().upper()
        if match is None or level not in _LEVELS:
            left_out.append(f"spark-log4j: {key} is left out: of Log4j 1 only levels of loggers are known here.")
        elif match["root"]:
            translated[f"{ROOT_LOGGER}.level"] = level.lower()
        else:
            name = re.sub(r"\W", "_", match["logger"])
            translated |= {f"logger.{name}.name": match["logger"], f"logger.{name}.level": level.lower()}
    return translated, left_out


def as_properties(settings):
    """Text of a .properties file, as java.util.Properties reads it."""
    return "".join(f"{_escape(key, ' :=#!')}={_escape(value, '')}\n" for key, value in settings.items())


def _escape(text, special):
    text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    text = "".join(f"\\{letter}" if letter in special else letter for letter in text)
    text = f"\\{text}" if text.startswith(" ") and " " not in special else text
    return "".join(letter if letter.isascii() else _unicode(letter) for letter in text)


def _unicode(letter):
    units = letter.encode("utf-16-be")
    return "".join(f"\\u{units[index : index + 2].hex()}" for index in range(0, len(units), 2))


def as_xml(settings):
    """Text of a file of Hadoop's."""
    properties = "".join(
        f"  <property><name>{escape(key)}</name><value>{escape(value)}</value></property>\n"
        for key, value in settings.items()
    )
    return f'<?xml version="1.0"?>\n<configuration>\n{properties}</configuration>\n'
