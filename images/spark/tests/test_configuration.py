"""Classifications as EMR has them, and the files that Spark reads them from."""

import pytest

from images.kit.errors import UserError
from images.spark.configuration import parse
from images.spark.files import as_log4j_2, as_properties, as_xml, write


def test_each_classification_goes_where_spark_looks_for_it(tmp_path):
    configuration = parse(
        [
            {"Classification": "spark-defaults", "Properties": {"spark.app.name": "a", "spark.ui.enabled": "true"}},
            {"Classification": "core-site", "Properties": {"fs.s3a.connection.maximum": "7"}},
            {"Classification": "spark-hive-site", "Properties": {"hive.metastore.uris": "thrift://a:1"}},
            {"Classification": "spark-metrics", "Properties": {"*.sink.console.period": 10}},
            {"Classification": "spark-log4j", "Properties": {"log4j.rootCategory": "WARN, console"}},
            {
                "Classification": "spark-env",
                "Properties": {},
                "Configurations": [{"Classification": "export", "Properties": {"MODE": "x:$HOST"}}],
            },
        ]
    )
    assert configuration.variables == {"MODE": "x:$HOST"}
    defaults = {"spark.ui.enabled": "false", "spark.local.dir": "/tmp"}
    assert write(tmp_path, configuration, defaults, {"AWS_ENDPOINT_URL": "http://one", "AWS_REGION": "eu-west-1"}) == []
    lines = {path.name: path.read_text().splitlines() for path in tmp_path.iterdir()}
    assert lines["spark-defaults.conf"] == ["spark.ui.enabled=true", "spark.local.dir=/tmp", "spark.app.name=a"]
    core = "".join(lines["core-site.xml"])
    assert "<name>fs.s3a.connection.maximum</name><value>7</value>" in core
    assert "<name>fs.s3a.endpoint</name><value>http://one</value>" in core
    assert "rootLogger.level=warn" in lines["log4j2.properties"]
    assert lines["metrics.properties"] == ["*.sink.console.period=10"]
    assert "thrift://a:1" in "".join(lines["hive-site.xml"])


def test_what_has_no_meaning_is_named():
    configuration = parse(
        [
            {"Classification": "yarn-site", "Properties": {"a": "b"}},
            {"Classification": "hive-site", "Properties": {"a": "b"}},
            {
                "Classification": "spark-defaults",
                "Properties": {"spark.yarn.queue": "q", "spark.master": "yarn", "x": "y"},
            },
        ]
    )
    assert configuration.spark_defaults == {"x": "y"}
    assert [line.split(":")[0].split(" is")[0] for line in configuration.left_out] == [
        "yarn-site",
        "hive-site",
        "spark-defaults",
        "spark-defaults",
    ]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"Classification": "mapred-site", "Properties": {}}, "expected a Classification of core-site"),
        ("text", "expected a Classification"),
        ({"Classification": "core-site", "Properties": ["a"]}, "Properties of core-site are names with texts"),
        ({"Classification": "spark-env", "Configurations": [{"Classification": "x"}]}, "spark-env holds"),
    ],
)
def test_what_cannot_be_meant_is_refused(given, text):
    with pytest.raises(UserError, match=text):
        parse(given)


def test_levels_of_log4j_1_are_translated_and_the_rest_is_named():
    settings = {
        "log4j.logger.org.apache.spark": "ERROR",
        "log4j.appender.console": "x",
        "logger.a.level": "debug",
    }
    translated, left_out = as_log4j_2(settings)
    assert translated == {
        "logger.org_apache_spark.name": "org.apache.spark",
        "logger.org_apache_spark.level": "error",
        "logger.a.level": "debug",
    }
    assert [line.split(" is")[0] for line in left_out] == ["spark-log4j: log4j.appender.console"]


def test_texts_are_escaped_as_java_reads_them():
    assert as_properties({"a b": "c\\d\ne", "k": " é😀"}) == "a\\ b=c\\\\d\\ne\nk=\\ \\u00e9\\ud83d\\ude00\n"
    assert "<value>a&lt;b&amp;c</value>" in as_xml({"x": "a<b&c"})
