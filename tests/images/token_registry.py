"""A registry as Docker Hub is: it wants tokens of another address, and sends whoever asks for a layer elsewhere."""

import base64
import http.server
import json
import threading
from urllib.parse import parse_qs, urlsplit

from pushed_images import digest_of

ACCOUNT = ("ann", "secret")
TOKEN = "a-token-for-pulling"


class TokenRegistry:
    """Serves one image as `team/app:v1`. `spoil` changes the bytes of layers on their way; None cuts them short."""

    def __init__(self, image, spoil=lambda data: data):
        self.image, self.spoil = image, spoil
        self.blobs = {digest_of(data): data for data in [*image.layers, image.config]}
        self.scopes, self.elsewhere = [], []
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                registry.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.host = f"127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request):
        path = urlsplit(request.path)
        given = request.headers.get("Authorization", "")
        if path.path == "/token":
            self.scopes.append(parse_qs(path.query).get("scope"))
            expected = base64.b64encode(":".join(ACCOUNT).encode()).decode()
            fine = given == f"Basic {expected}"
            return self.send(request, 200 if fine else 403, json.dumps({"token": TOKEN}).encode())
        if path.path.startswith("/elsewhere/"):
            self.elsewhere.append(given)
            return self.send_layer(request, path.path.removeprefix("/elsewhere/"))
        if given != f"Bearer {TOKEN}":
            realm = f'Bearer realm="http://{self.host}/token",service="hub",scope="repository:team/app:pull"'
            return self.send(request, 401, b"{}", {"WWW-Authenticate": realm})
        if path.path == "/v2/team/app/manifests/v1":
            return self.send(request, 200, self.image.manifest, {"Content-Type": self.image.media_type})
        digest = path.path.split("/")[-1]
        if digest == digest_of(self.image.config):
            return self.send(request, 200, self.image.config)
        # Another origin: the same place under another name.
        return self.send(request, 307, b"", {"Location": f"http://localhost:{self.port}/elsewhere/{digest}"})

    def send_layer(self, request, digest):
        data = self.blobs[digest]
        spoilt = self.spoil(data)
        if spoilt is not None:
            return self.send(request, 200, spoilt)
        request.send_response(200)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data[: len(data) // 2])
        request.close_connection = True
        return None

    def send(self, request, status, body, headers=None):
        request.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)
