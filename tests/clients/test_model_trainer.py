"""ModelTrainer of the third generation of the SageMaker SDK: an unchanged program, told by `sagebrush env` alone."""

import pytest
from server_process import ROLE
from shells import in_shell, printed


# Of an install: its environment has 940 MB.
@pytest.mark.timeout(900)
def test_the_role_is_checked_the_model_trained_and_its_log_shown(server, run_program):
    endpoint = {"AWS_ENDPOINT_URL": in_shell(printed(server.folder))["AWS_ENDPOINT_URL"]}
    assert run_program("model_trainer.py", "sagemaker-3", more=endpoint) == {
        "role": ROLE,
        "checked": ["GetRole", "SimulatePrincipalPolicy"],
        "status": "Completed",
        "rounds": 5,
        "bucket": True,
        "artifact": ["model.tar.gz", True],
    }
