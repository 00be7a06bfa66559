"""yrmcds: a memcached in C++, linked with libtcmalloc_minimal."""

from server import Expected, Server, connect, free_port, open_connections

CONNECTIONS = 500
COUNTER_CONNECTIONS = 200
ENTRIES = 200_000
VALUE = b"v" * 200
WORKERS = 10
CLIENTS = 4  # of the load

CONFIGURATION = """\
virtual_ip = 127.0.0.1
port = {port}
repl_port = {repl_port}
max_connections = 10000
temp_dir = "{directory}"
log.threshold = warning
workers = {workers}
memory_limit = 2048M
counter.enable = true
counter.port = {counter_port}
"""


def ask(connection, line, end=b"\r\n"):
    connection.sendall(line)
    answer = b""
    while not answer.endswith(end):
        part = connection.recv(1 << 16)
        if not part:
            raise ConnectionError("the server closed the connection")
        answer += part
    return answer


class Yrmcds(Server):
    name = "yrmcds"
    allocator = "tcmalloc"
    packages = ("yrmcds",)
    clients = CLIENTS
    words_class = "^yrmcds::memcache::memcache_socket$"

    def command(self, directory):
        self.port, self.repl_port, self.counter_port = free_port(), free_port(), free_port()
        configuration = directory / "yrmcds.conf"
        configuration.write_text(CONFIGURATION.format(
            port=self.port, repl_port=self.repl_port, counter_port=self.counter_port,
            directory=directory, workers=WORKERS))
        return ["/usr/sbin/yrmcdsd", "-f", str(configuration)]

    def ready(self):
        with connect(self.port) as connection:
            ask(connection, b"version\r\n")
        connect(self.counter_port).close()

    def hold(self):
        self.held = [connect(self.port) for _ in range(CONNECTIONS)]
        for connection in self.held:
            ask(connection, b"version\r\n")
        self.held += [connect(self.counter_port) for _ in range(COUNTER_CONNECTIONS)]
        for first in range(0, ENTRIES, 1000):
            batch = b"".join(b"set held-%d 0 0 %d noreply\r\n%s\r\n" % (i, len(VALUE), VALUE)
                             for i in range(first, first + 1000))
            self.held[0].sendall(batch)
            ask(self.held[0], b"version\r\n")

    def open(self):
        return connect(self.port)

    def request(self, connection, number):
        key = b"load-%d" % (number % 1000)
        if number % 2 == 0:
            answer = ask(connection, b"set %s 0 0 5\r\n%05d\r\n" % (key, number % 100_000))
            good = answer == b"STORED\r\n"
        else:
            answer = ask(connection, b"get held-%d\r\n" % (number % ENTRIES), b"END\r\n")
            good = VALUE in answer
        if not good:
            raise ValueError(f"unexpected answer {answer[:80]!r}")

    def statistics(self):
        text = ask(self.held[0], b"stats\r\n", b"END\r\n").decode()
        return dict(line.split()[1:3] for line in text.splitlines() if line.startswith("STAT "))

    def expected(self):
        stats = self.statistics()
        return [
            Expected("yrmcds::memcache::memcache_socket", int(stats["curr_connections"]),
                     "stats: curr_connections"),
            Expected("yrmcds::counter::counter_socket",
                     open_connections(self.pid, self.counter_port),
                     "the kernel's sockets of the counter port"),
            Expected("cybozu::tcp_server_socket", 3, "ports listened on"),
            Expected("std::thread::_State_impl<std::thread::_Invoker<std::tuple<cybozu::thread_base"
                     "<cybozu::worker, 1>::start()::{lambda()#1}>>>", int(stats["threads"]),
                     "stats: threads"),
        ]
