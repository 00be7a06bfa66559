"""A packaged server, started as its package ships it, with a configuration and data of its own."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 60


@dataclass(frozen=True)
class Expected:
    """So many objects of a class, by what the load holds open or the server itself reports."""

    name: str  # full class name; objects of derived classes count
    count: int
    source: str
    more: bool = False  # than before hold(): the server has some of its own, and does not say how many


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connect(port, timeout=30):
    return socket.create_connection(("127.0.0.1", port), timeout=timeout)


def open_connections(pid, port):
    """How many the kernel says the process has accepted on the port: also those that the client has
    closed and the process has not."""
    sockets = set()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        try:
            sockets.add(os.readlink(fd))
        except FileNotFoundError:
            pass  # closed meanwhile
    count = 0
    tables = [Path(f"/proc/{pid}/net/{name}").read_text() for name in ("tcp", "tcp6")]
    for fields in (line.split() for table in tables for line in table.splitlines()[1:]):
        local_port, state, inode = int(fields[1].split(":")[1], 16), fields[3], fields[9]
        listens = state == "0A"
        count += local_port == port and not listens and f"socket:[{inode}]" in sockets
    return count


class Server:
    """What one server's module defines; the context is the running server.

    Order of calls: start → hold → [open, request: in the load's process] → expected, often → end.
    """

    name = ""
    allocator = ""  # "tcmalloc", "jemalloc", "glibc": of the kind that seep must name
    packages = ()  # the first is the server's
    words_class = ""  # what `seep words` is tried on

    def command(self, directory):
        """Writes the configuration into `directory`; returns the command line."""
        raise NotImplementedError

    def ready(self):
        """Raises OSError, or the client library's error, while the server does not answer yet."""
        raise NotImplementedError

    def hold(self):
        """Makes the objects that are counted, and keeps them."""
        raise NotImplementedError

    def open(self):
        """A connection for the load."""
        raise NotImplementedError

    def request(self, connection, number):
        """One request of the load; raises unless the answer is right."""
        raise NotImplementedError

    def expected(self):
        """A list of Expected, as of now."""
        raise NotImplementedError

    def __enter__(self):
        self.directory = Path(tempfile.mkdtemp(prefix=f"seep-{self.name}."))
        self.log = open(self.directory / "log", "wb")
        self.held = []
        self.process = subprocess.Popen(self.command(self.directory), stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, cwd=self.directory)
        try:
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.ready()
                return
            except Exception as error:  # of any client library
                if self.process.poll() is not None or time.monotonic() > deadline:
                    tail = (self.directory / "log").read_bytes()[-2000:].decode(errors="replace")
                    raise RuntimeError(f"{self.name} does not answer: {error}\n{tail}") from error
                time.sleep(0.1)

    def __exit__(self, *_):
        for connection in self.held:
            connection.close()
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def pid(self):
        """Of the process that serves."""
        return self.process.pid

    def alive(self):
        return self.process.poll() is None
