"""The job that is to be left alone: it listens on every way there is, and says where it is."""

import json
import os
import socket
import threading

PORT = 5000


def answer_packets(line):
    while True:
        packet, sender = line.recvfrom(100)
        print("heard " + repr(packet), flush=True)
        line.sendto(b"the victim", sender)


def main():
    listener = socket.create_server(("0.0.0.0", PORT))
    packets = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    packets.bind(("0.0.0.0", PORT))
    threading.Thread(target=answer_packets, args=(packets,), daemon=True).start()
    with open("/tmp/victim", "w") as file:
        file.write("the victim's")
    where = {"address": socket.gethostbyname(socket.gethostname()), "name": socket.gethostname()}
    token = os.environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/").rsplit("/", 1)[1]
    print(json.dumps({**where, "unit": token.rsplit(".", 1)[0]}), flush=True)
    while True:
        line, _ = listener.accept()
        print("somebody came", flush=True)
        line.sendall(b"the victim")
        line.close()


main()
