"""nghttpx: an HTTP proxy in C++, linked with libjemalloc, between clients and a backend of ours."""

import socketserver
import threading
from pathlib import Path

from server import Expected, Server, connect, free_port

HTTP1_CONNECTIONS = 150
HTTP2_CONNECTIONS = 250
WAITING_REQUESTS = 60  # that the backend does not answer
CLIENTS = 4  # of the load

# The client's preface and an empty SETTINGS frame (RFC 9113, 3.4).
HTTP2_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
BODY = b"x" * 1000
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


class Backend(socketserver.ThreadingTCPServer):
    """Answers every request at once but those for /wait, which it keeps; counts its connections."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.connections = 0
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def count(self, change):
        with self.lock:
            self.connections += change

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            self.server.count(1)
            try:
                self.answer_all()
            finally:
                self.server.count(-1)

        def answer_all(self):
            while request := self.rfile.readline():
                while self.rfile.readline() not in (b"\r\n", b""):
                    pass
                if not request.startswith(b"GET /wait"):
                    self.wfile.write(ANSWER)


class Nghttpx(Server):
    name = "nghttpx"
    allocator = "jemalloc"
    packages = ("nghttp2-proxy",)
    clients = CLIENTS
    words_class = "^shrpx::Http2Upstream$"

    def command(self, directory):
        self.backend = Backend()
        self.port = free_port()
        return ["/usr/sbin/nghttpx", "--conf=/dev/null", "--workers=2",
                f"--frontend=127.0.0.1,{self.port};no-tls",
                f"--backend=127.0.0.1,{self.backend.server_address[1]}",
                "--accesslog-file=/dev/null", "--frontend-http2-read-timeout=1h",
                "--frontend-read-timeout=1h", "--frontend-keep-alive-timeout=1h",
                "--backend-read-timeout=1h", "--backend-keep-alive-timeout=1h",
                "--backend-connections-per-host=1000"]

    def ready(self):
        connection = self.open()
        self.request(connection, 0)
        connection.close()

    @property
    def pid(self):
        """The first process supervises; its child serves."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return int(children.split()[0])

    def hold(self):
        self.held = [connect(self.port) for _ in range(HTTP1_CONNECTIONS)]
        for connection in self.held:
            self.request(connection, 0)
        for connection in self.held[:WAITING_REQUESTS]:
            connection.sendall(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
        for _ in range(HTTP2_CONNECTIONS):
            connection = connect(self.port)
            connection.sendall(HTTP2_HELLO)
            connection.recv(1000)  # its SETTINGS
            self.held.append(connection)

    def open(self):
        return connect(self.port)

    def request(self, connection, number):
        connection.sendall(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number)
        answer = b""
        while BODY not in answer:
            part = connection.recv(1 << 16)
            if not part:
                raise ConnectionError(f"the proxy closed the connection after {answer[:80]!r}")
            answer += part
        if not answer.startswith(b"HTTP/1.1 200"):
            raise ValueError(f"unexpected answer {answer[:80]!r}")

    def expected(self):
        return [
            Expected("shrpx::Http2Upstream", HTTP2_CONNECTIONS, "HTTP/2 connections held"),
            Expected("shrpx::HttpsUpstream", HTTP1_CONNECTIONS + CLIENTS,
                     "HTTP/1.1 connections held, and the load's"),
            Expected("shrpx::HttpDownstreamConnection", self.backend.connections,
                     "connections that the backend has open"),
        ]

    def __exit__(self, *exception):
        super().__exit__(*exception)
        self.backend.shutdown()
        self.backend.server_close()
