"""What there is around a job to get hold of: listeners that tell if anybody came, and secret files."""

import contextlib
import secrets
import socket
import threading

VSOCK_PORT = 52_525
ANSWER = b"the host"


class OutsideWorld:
    """Listeners on every kind of socket, and files. `heard` holds what came to them."""

    def __init__(self, folder):
        self.heard = []
        self.secret_text = f"secret-{secrets.token_hex(16)}"
        self.secret = folder / "secret"
        self.secret.write_text(self.secret_text)
        self.secret.chmod(0o644)
        self.abstract = f"sagebrush-{secrets.token_hex(4)}"
        self.unix_path = str(folder / "u")
        self._open = contextlib.ExitStack()
        self.tcp_port = self._streams(socket.AF_INET, ("0.0.0.0", 0)).getsockname()[1]
        self.udp_port = self._packets()
        self._streams(socket.AF_UNIX, "\0" + self.abstract)
        self._streams(socket.AF_UNIX, self.unix_path)
        with contextlib.suppress(OSError):  # no such sockets on this kernel
            self._streams(socket.AF_VSOCK, (socket.VMADDR_CID_ANY, VSOCK_PORT))

    def _streams(self, family, address):
        listener = self._open.enter_context(socket.socket(family, socket.SOCK_STREAM))
        listener.bind(address)
        listener.listen()
        threading.Thread(target=self._answer, args=(listener,), daemon=True).start()
        return listener

    def _answer(self, listener):
        with contextlib.suppress(OSError):  # closed
            while True:
                line, address = listener.accept()
                with line, contextlib.suppress(OSError):
                    self.heard.append((listener.family.name, address))
                    line.sendall(ANSWER)

    def _packets(self):
        line = self._open.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        line.bind(("0.0.0.0", 0))

        def answer():
            with contextlib.suppress(OSError):  # closed
                while True:
                    packet, address = line.recvfrom(100)
                    self.heard.append(("udp", address, packet))
                    line.sendto(ANSWER, address)

        threading.Thread(target=answer, daemon=True).start()
        return line.getsockname()[1]

    def close(self):
        self._open.close()


def host_address():
    """An address of this machine that is not its loopback; the loopback's second where there is no other."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.connect(("192.0.2.1", 9))  # sends nothing: it chooses the address
            return line.getsockname()[0]
        except OSError:
            return "127.0.0.2"
