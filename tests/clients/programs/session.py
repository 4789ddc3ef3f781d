"""What every notebook of the SageMaker SDK begins with."""

import json

import sagemaker
from sagemaker import get_execution_role

session = sagemaker.Session()
print(
    json.dumps(
        {"version": sagemaker.__version__, "bucket": session.default_bucket(), "role": get_execution_role(session)}
    )
)
