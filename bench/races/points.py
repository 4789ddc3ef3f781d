"""Metric points put and read, beside moto_server; and what 100,000 metrics take of memory.

Ours has each point on the disk before it answers, and checks signatures and policies; moto does none of this.
"""

import json
import time
import urllib.request

import processes
from jobs import temporary_folder
from load import line_of, replay, request_of, signed_headers
from races.start import wait_for
from results import Measure
from servers import Moto, Ours

TITLE = "Metric points"
COMPARED = (
    "PutMetricData of 1,000 metrics a call, one point each, and GetMetricData of 100 metrics of 60 points, JSON, "
    "signed beforehand and sent by wrk. Ours syncs every call and checks signatures and policies; moto_server does "
    "none of this, and looks through all points for each metric that is read: reading has no peer."
)
METRICS_PER_CALL = 1000
CALLS = 20
"""Calls that are sent in turn: so many thousand metrics."""
CONNECTIONS = (1, 4)
BAR = "≥ 20,000/s"
READ_METRICS = 100
READ_POINTS = 60
KNOWN_CALLS = 100
"""Calls of metrics that are only known: 100,000 of them."""


def run(options):
    with temporary_folder() as folder:
        ours, moto = Ours(), Moto()
        try:
            ours.start()
            moto.start()
            wait_for(moto)
            return race(((ours, ours.pair), (moto, moto.pair)), options, folder)
        finally:
            ours.close()
            moto.close()


def call(server, keys, operation, body):
    """One call of CloudWatch as a line."""
    text = json.dumps(body)
    target = f"GraniteServiceVersion20100801.{operation}"
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": target}
    return line_of("POST", "/", signed_headers(server.url + "/", keys, text, headers, "monitoring"), text)


def send(server, line):
    with urllib.request.urlopen(request_of(server.url, line), timeout=120) as answer:
        return json.loads(answer.read() or "{}")


def points(mark, first=0, value=1.5):
    """A thousand metrics with a dimension of their own."""
    now = time.time()
    data = [
        {
            "MetricName": "latency",
            "Dimensions": [{"Name": "Host", "Value": f"{mark}-{first + number}"}],
            "Value": value + number,
            "Unit": "Milliseconds",
            "Timestamp": now,
        }
        for number in range(METRICS_PER_CALL)
    ]
    return {"Namespace": "bench/put", "MetricData": data}


def put_minutes(server, keys, now):
    """Sixty minutes of a hundred metrics."""
    for minute in range(READ_POINTS):
        data = [
            {"MetricName": f"m{number}", "Value": minute, "Timestamp": now - 60 * minute}
            for number in range(READ_METRICS)
        ]
        send(server, call(server, keys, "PutMetricData", {"Namespace": "bench/read", "MetricData": data}))


def reading(now):
    queries = [
        {
            "Id": f"q{number}",
            "MetricStat": {
                "Metric": {"Namespace": "bench/read", "MetricName": f"m{number}"},
                "Period": 60,
                "Stat": "Average",
            },
        }
        for number in range(READ_METRICS)
    ]
    return {"MetricDataQueries": queries, "StartTime": now - 60 * READ_POINTS, "EndTime": now + 60}


def race(sides, options, folder):
    puts = {
        count: Measure(
            f"points put, {count} connection{'s' if count > 1 else ''}", "/s", "/s moto_server", "≥ 20,000/s"
        )
        for count in CONNECTIONS
    }
    reads = Measure("points read", "/s", "/s moto_server", "≥ 20,000/s")
    now = int(time.time()) // 60 * 60
    put_minutes(*sides[0], now)
    for number in range(options.rounds):
        for server, keys in sides if number % 2 == 0 else reversed(sides):
            is_ours = server is sides[0][0]
            for count, measure in puts.items():
                lines = [
                    call(server, keys, "PutMetricData", points("put", at * METRICS_PER_CALL)) for at in range(CALLS)
                ]
                found = replay(server.url, lines, count, options.seconds, folder)["per_second"] * METRICS_PER_CALL
                (measure.ours if is_ours else measure.theirs).append(found)
        server, keys = sides[0]
        line = call(server, keys, "GetMetricData", reading(now))
        shown = sum(len(result["Values"]) for result in send(server, line)["MetricDataResults"])
        reads.ours.append(replay(server.url, [line], 1, options.seconds, folder)["per_second"] * shown)
    return [*puts.values(), reads, *known(sides[0])]


def known(side):
    """Memory of a server that knows 100,000 metrics more, and how long it takes to tell a page of them."""
    server, keys = side
    before = processes.resident_mb(server.process.pid)
    for at in range(KNOWN_CALLS):
        send(server, call(server, keys, "PutMetricData", points("known", at * METRICS_PER_CALL)))
    memory = Measure("memory of 100,000 metrics", "MB", "", ours=[processes.resident_mb(server.process.pid) - before])
    line = call(server, keys, "ListMetrics", {"Namespace": "bench/put"})
    took = []
    for _ in range(5):
        started = time.perf_counter()
        send(server, line)
        took.append((time.perf_counter() - started) * 1000)
    return [memory, Measure("a page of ListMetrics among them", "ms", "", ours=took)]
