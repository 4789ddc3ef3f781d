"""Every operation of SageMaker, called with a valid input by the newest boto3 and by that of 2020, is answered as
its list on the page of compatibility says. The input names things that are not there, so most operations say that.
"""

import json
import re
import sys
from pathlib import Path

import pytest
from foreign_clients import printed_by_sdk
from sagemaker_models import OPERATIONS, newest, of_2020, python_of_2020
from server_process import ROOT

PROGRAM = Path(__file__).parent / "programs" / "call_all.py"
PROGRAM_SECONDS = 120
PAGE = (ROOT / "docs/compatibility.md").read_text().split("\n## ")[1]
#: What an operation says that finds something missing, or misses something in a request that only the model allows.
DOCUMENTED = ("ValidationException", "ResourceNotFound")
CLIENTS = {
    "newest": (lambda: newest(known=True), lambda: sys.executable),
    "2020": (of_2020, python_of_2020),
}


def listed(opening):
    """Operations that a paragraph of the page names."""
    [paragraph] = [text for text in PAGE.split("\n\n") if re.search(opening, text.split(":")[0])]
    return set(re.findall(r"`(\w+)`", paragraph))


WORKS, RECORDS, NOT_YET = (listed(rf"^\*\*{title}") for title in ("Works", "Record", "Not yet"))
ABSENT = listed("of those answer as AWS does where there is nothing")


def is_as_listed(operation, status, code, answer):
    if operation in NOT_YET - ABSENT:
        return (status, code) == (501, "NotYetAvailable") and operation in answer
    if operation in ABSENT and operation.startswith("List") and status == 200:
        [items] = json.loads(answer).values()
        return items == []
    if operation in ABSENT:
        return status == 400 and code in DOCUMENTED
    return status == 200 or (status == 400 and code in DOCUMENTED and "Member must" not in answer)


def test_the_page_has_every_operation():
    assert set(OPERATIONS) == WORKS | RECORDS | NOT_YET


@pytest.mark.parametrize("client", CLIENTS)
def test_every_operation_answers_as_its_list_says(client, server, tmp_path):
    model, python = (make() for make in CLIENTS[client])
    calls = [(operation, model.minimal(operation)) for operation in OPERATIONS]
    path = tmp_path / "calls.json"
    path.write_text(json.dumps(calls, default=lambda time: time.timestamp()))
    answers = printed_by_sdk(
        python,
        PROGRAM,
        server.command_environment(),
        tmp_path,
        server.url,
        *server.keys(),
        f"eu-contract-{1 + list(CLIENTS).index(client)}",
        path,
        seconds=PROGRAM_SECONDS,
    )
    wrong = [(operation, *answer) for operation, answer in answers.items() if not is_as_listed(operation, *answer)]
    done = sum(status == 200 for status, _, _ in answers.values())
    print(f"{len(answers)} operations, {done} of them with success")
    assert set(answers) == set(OPERATIONS)
    assert wrong == [], "\n".join(map(str, wrong))
