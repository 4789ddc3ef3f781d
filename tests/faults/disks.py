"""A small disk of its own for a data folder, which can stop taking data. Needs root: mount(8), chattr(1)."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

import pytest
from server_process import wait_until

# A sparse file; jobs and endpoints want room for models.
SIZE = 4 * 2**30


class Disk:
    """An ext4 file system in a file. Without a journal: the kernel then makes it read-only at the first error."""

    def __init__(self, folder):
        for program in ("mkfs.ext4", "mount", "chattr"):
            if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None:
                pytest.skip(f"no {program} on this machine; apt-get install e2fsprogs mount")
        if os.geteuid() != 0:
            pytest.skip("only root can mount a disk")
        self.image, self.place = folder / "image", folder / "d"
        with self.image.open("wb") as image:
            image.truncate(SIZE)
        self.place.mkdir()
        run("mkfs.ext4", "-q", "-O", "^has_journal", self.image)
        self.mount()
        # A name that no other server has: what belongs to the disk is found by it. Short, for sockets below it.
        self.data = self.place / secrets.token_hex(4)

    def mount(self):
        done = subprocess.run(
            ["mount", "-o", "loop,errors=remount-ro", self.image, self.place], capture_output=True, text=True
        )
        if done.returncode != 0:
            pytest.skip(f"no disk can be mounted from a file here: {done.stderr.strip()}")

    def unmount(self):
        """Waits until the kernel has let go of it: until then a new mount would be the old one again."""
        known = Path("/sys/fs/ext4") / self._device()
        run("umount", self.place)
        wait_until(lambda: not known.exists(), 20, "the disk is not mounted any more")

    def _device(self):
        source = subprocess.check_output(["findmnt", "-no", "SOURCE", self.place], text=True).strip()
        return source.rsplit("/", 1)[1]

    def fail(self):
        """An error is found on it: it is read-only from now on, until it is mounted again."""
        try:
            (Path("/sys/fs/ext4") / self._device() / "trigger_fs_error").write_text("1")
        except OSError as cause:
            pytest.skip(f"this kernel's ext4 cannot be made to fail: {cause}")

    def refuse(self):
        """Nothing on it can be written any more, open files too; reversible, unlike `fail`, even with open files."""
        run("chattr", "-R", "-f", "+i", self.data, check=False)

    def accept(self):
        run("chattr", "-R", "-f", "-i", self.data, check=False)

    def close(self):
        self.accept()
        # Units of a server that could not end them may hold it for a moment.
        run("umount", "--lazy", self.place, check=False)


def run(*command, check=True):
    subprocess.run([str(word) for word in command], check=check, capture_output=True, timeout=60)
