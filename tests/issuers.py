"""An OpenID Connect provider on this machine: its certificate signed by itself, its keys and tokens made by openssl."""

import base64
import contextlib
import hashlib
import http.server
import json
import ssl
import subprocess
import time

from receivers import serving


def openssl(*words, data=None):
    return subprocess.run(["openssl", *map(str, words)], input=data, capture_output=True, check=True).stdout


def text_of(value):
    """base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


class Issuer:
    """Serves discovery and keys on https://127.0.0.1:PORT; `token(sub=…)` signs claims."""

    def __init__(self, folder):
        self.folder = folder
        self.reads = []
        make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=issuer"]
        openssl(
            *make, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.path("tls.key"), "-out", self.path("tls")
        )
        self.new_key("first")

    def path(self, name):
        return self.folder / f"{name}.pem"

    def new_key(self, kid):
        """Signs with a key of this name from now on, and tells no other."""
        self.kid = kid
        openssl("genrsa", "-out", self.path(kid), "2048")
        modulus = openssl("rsa", "-in", self.path(kid), "-noout", "-modulus").decode().strip().partition("=")[2]
        self.keys = [{"kty": "RSA", "kid": kid, "alg": "RS256", "n": text_of(bytes.fromhex(modulus)), "e": "AQAB"}]

    @property
    def thumbprint(self):
        der = openssl("x509", "-in", self.path("tls"), "-outform", "DER")
        return hashlib.sha1(der).hexdigest()

    def token(self, **claims):
        now = int(time.time())
        given = {"iss": self.url, "sub": "ann", "aud": "notebooks", "iat": now, "exp": now + 600, **claims}
        payload = {name: value for name, value in given.items() if value is not None}
        head = {"alg": "RS256", "kid": self.kid, "typ": "JWT"}
        signed = ".".join(text_of(json.dumps(part).encode()) for part in (head, payload))
        signature = openssl("dgst", "-sha256", "-sign", self.path(self.kid), data=signed.encode())
        return f"{signed}.{text_of(signature)}"

    def document(self, path):
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        return {"keys": self.keys} if path == "/keys" else None

    @contextlib.contextmanager
    def serving(self):
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.reads.append(self.path)
                found = issuer.document(self.path)
                self.send_response(200 if found else 404)
                self.end_headers()
                self.wfile.write(json.dumps(found).encode())

            def log_message(self, *_):
                """Nothing."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path("tls"), self.path("tls.key"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{server.server_port}"
        with serving(server):
            yield self
