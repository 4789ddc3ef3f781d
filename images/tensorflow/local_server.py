"""TensorFlow Serving's REST address for a script's handler, within its own worker: `context.rest_uri`."""

import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from images.kit.processes import start_thread

PLACE = re.compile(r"/v1/models/(?P<name>[^/:]+)(/versions/(?P<version>\d+))?:(?P<method>\w+)$")


def start(ask):
    """Port of a server on loopback that answers with ask(name, version, method, text) -> Reply."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            place = PLACE.match(self.path)
            if place is None:
                self._send(404, json.dumps({"error": f"Malformed request: POST {self.path}"}).encode())
                return
            version = place["version"] and int(place["version"])
            reply = ask(place["name"], version, place["method"], body)
            self._send(reply.status, reply.body)

        def _send(self, status, body):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Requests of the script to itself are no news."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    start_thread(server.serve_forever)
    return server.server_port
