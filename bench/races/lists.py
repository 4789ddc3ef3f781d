"""ListTrainingJobs among 100,000 jobs against the same list among 100, in two regions of one server."""

import json
import subprocess
import urllib.request

import processes
from jobs import put_data, temporary_folder, training_job
from load import line_of, replay, request_of, signed_headers
from results import Measure
from servers import ROLE, Ours

TITLE = "Long lists"
COMPARED = (
    "ListTrainingJobs with 100,000 training jobs in the region, and the same call where there are 100, on the same "
    "server; the median of calls sent by wrk on one connection, pages of 10 unless said. Calls of one row are sent in "
    "turn. Filters let through about the same share of both. Paging: every page of 100, one after another, and what "
    "the server's resident memory has grown by then, when all have been read once before."
)
BIG, SMALL = "us-big-1", "us-small-1"
COUNTS = {BIG: 100_000, SMALL: 100}
BAR = "≤ 5x"
ACCOUNT = ROLE.split(":")[4]


def orders(**query):
    """The query in every order."""
    return [
        {**query, "SortBy": by, "SortOrder": order}
        for by in ("Name", "CreationTime", "Status")
        for order in ("Ascending", "Descending")
    ]


def queries(count, newest):
    """{what: inputs}; times are of the jobs, one a second up to `newest`."""
    late, middle = newest - count * 0.05, newest - count * 0.5
    return {
        "the first page": [{}],
        "the first page, of 100": [{"MaxResults": 100}],
        "every order": orders(),
        "NameContains of a quarter": orders(NameContains="EVAL"),
        "NameContains of one": orders(NameContains=f"{7:06}"),
        "NameContains of none": orders(NameContains="nobody"),
        "StatusEquals of most": orders(StatusEquals="Completed"),
        "StatusEquals of few": orders(StatusEquals="Stopped"),
        "StatusEquals of none": orders(StatusEquals="InProgress"),
        "CreationTimeAfter": orders(CreationTimeAfter=late),
        "CreationTimeBefore": orders(CreationTimeBefore=middle),
        "LastModifiedTimeAfter": orders(LastModifiedTimeAfter=late),
        "three filters": orders(NameContains="tune", StatusEquals="Failed", LastModifiedTimeBefore=middle),
    }


def run(options):
    with temporary_folder() as folder:
        ours = Ours(arguments=["--spares", "0"])
        try:
            newest = fill(ours)
            return race(ours, options, folder, newest)
        finally:
            ours.close()


def fill(ours):
    """A job that has ended, copied; the time of the newest copies, seconds since 1970."""
    ours.start()
    put_data(ours, rows=200)
    sagemaker = ours.client("sagemaker")
    sagemaker.create_training_job(**training_job("pattern"))
    often = {"Delay": 1, "MaxAttempts": 60}
    sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="pattern", WaiterConfig=often)
    created = sagemaker.describe_training_job(TrainingJobName="pattern")["CreationTime"].timestamp()
    node = ours.command()[0]
    ours.stop()
    program = "bench/programs/many_jobs.mjs"
    regions = [f"{region}={count}" for region, count in COUNTS.items()]
    subprocess.run([node, program, str(ours.folder), ACCOUNT, "pattern", *regions], check=True)
    ours.start()
    return created


def signed_list(ours, region, query):
    text = json.dumps(query)
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "SageMaker.ListTrainingJobs"}
    signed = signed_headers(ours.url + "/", ours.pair, text, headers, region=region)
    return line_of("POST", "/", signed, text)


def ask(ours, region, query):
    with urllib.request.urlopen(request_of(ours.url, signed_list(ours, region, query)), timeout=60) as answer:
        return json.loads(answer.read())


def race(ours, options, folder, newest):
    asked = {region: queries(count, newest) for region, count in COUNTS.items()}
    measures = {what: Measure(what, "ms", "ms among 100", BAR) for what in asked[BIG]}
    for _ in range(options.rounds):
        for what, measure in measures.items():
            for region, figures in ((BIG, measure.ours), (SMALL, measure.theirs)):
                lines = [signed_list(ours, region, query) for query in asked[region][what]]
                figures.append(replay(ours.url, lines, 1, options.seconds, folder)["p50_ms"])
    return [*measures.values(), *paging(ours, options, folder)]


def paging(ours, options, folder):
    """What it costs to read on in the middle, and what it leaves behind to have read everything."""
    middle = Measure("a page of 100 in the middle", "ms", "ms among 100", BAR)
    memory = Measure("memory after all pages of 100", "MB more", "", "≤ 32 MB")
    tokens = walk(ours)
    for _ in range(options.rounds):
        before = processes.resident_mb(ours.process.pid)
        walk(ours)
        memory.ours.append(processes.resident_mb(ours.process.pid) - before)
        sides = ((BIG, middle.ours, tokens[100:900:4]), (SMALL, middle.theirs, [{}]))
        for region, figures, places in sides:
            lines = [signed_list(ours, region, {"MaxResults": 100, **place}) for place in places]
            figures.append(replay(ours.url, lines, 1, options.seconds, folder)["p50_ms"])
    return [middle, memory]


def walk(ours):
    """Reads all pages; what each but the first was asked for with."""
    tokens, token = [], {}
    while "NextToken" in (answer := ask(ours, BIG, {"MaxResults": 100, **token})):
        token = {"NextToken": answer["NextToken"]}
        tokens.append(token)
    return tokens
