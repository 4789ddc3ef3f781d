"""Scripts that run by MPI: as many processes on each host as the estimator asks for, launched by mpirun of Open MPI.

What is asked for and how it is read follows aws/sagemaker-training-toolkit (`distribution={"mpi": …}` of the SageMaker
SDK); how the hosts come together without ssh stands in docs/decisions/0023-mpi.md.
"""
