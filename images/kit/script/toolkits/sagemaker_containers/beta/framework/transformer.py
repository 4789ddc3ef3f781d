"""Scripts import it beside others; what it did, the container does."""
