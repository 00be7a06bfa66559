"""Paced requests from a process of their own, so that what measures does not slow them."""

import multiprocessing
import statistics
import threading
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Lap:
    """What happened between two calls of Load.lap."""

    requests: int
    failures: list  # texts
    median_ms: float
    p99_ms: float
    worst_ms: float

    def __str__(self):
        return (f"{self.requests:,} requests, {len(self.failures)} failed, median "
                f"{self.median_ms:.2f} ms, 99 % {self.p99_ms:.2f} ms, worst {self.worst_ms:.1f} ms")


class _Client(threading.Thread):
    def __init__(self, server, number, per_second):
        super().__init__(daemon=True)
        self.server = server
        self.number = number
        self.pause = 1 / per_second
        self.took = []
        self.failures = []

    def run(self):
        connection = self.server.open()
        due = time.perf_counter()
        request = 0
        while True:
            began = time.perf_counter()
            try:
                self.server.request(connection, request * 100 + self.number)
            except Exception as error:  # of any client library; a failure is a result here
                self.failures.append(f"{type(error).__name__}: {error}")
                connection = self.server.open()
            self.took.append(time.perf_counter() - began)
            request += 1
            # After a late answer it goes on from there: the worst shows it once, not as a queue.
            due = max(due + self.pause, time.perf_counter())
            time.sleep(max(0, due - time.perf_counter()))


def _serve_laps(pipe, server, clients, per_second):
    workers = [_Client(server, number, per_second / clients) for number in range(clients)]
    for worker in workers:
        worker.start()
    while pipe.recv() == "lap":
        took, failures = [], []
        for worker in workers:
            taken, worker.took = worker.took, []
            failed, worker.failures = worker.failures, []
            took += taken
            failures += failed
        pipe.send((took, failures))


class Load:
    """The context is the running load."""

    def __init__(self, server, clients, per_second):
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("fork").Process(
            target=_serve_laps, args=(theirs, server, clients, per_second), daemon=True)

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.pipe.send("end")
        self.process.join(timeout=10)
        if self.process.is_alive():
            self.process.kill()

    def lap(self):
        self.pipe.send("lap")
        took, failures = self.pipe.recv()
        milliseconds = sorted(1000 * seconds for seconds in took) or [float("nan")]
        return Lap(requests=len(took), failures=failures,
                   median_ms=statistics.median(milliseconds),
                   p99_ms=milliseconds[int(0.99 * (len(milliseconds) - 1))],
                   worst_ms=milliseconds[-1])
