"""Python that runs inside a container or sandbox: `kit` is the container contract, every other folder an image."""
