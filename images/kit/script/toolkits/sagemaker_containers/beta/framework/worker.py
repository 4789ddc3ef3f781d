"""The reply that an output_fn may return."""


class Response:
    """Body, status and content type of a reply."""

    default_mimetype = "application/json"

    def __init__(self, response=None, accept=None, status=200, headers=None, mimetype=None):
        self._body = response if response is not None else b""
        self.status_code = status
        self.headers = headers or {}
        self.mimetype = mimetype or accept or self.default_mimetype

    def get_data(self):
        """The body as bytes."""
        return self._body.encode("utf-8") if isinstance(self._body, str) else bytes(self._body)
