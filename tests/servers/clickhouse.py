"""ClickHouse 18.16: a column store in C++, linked with libjemalloc."""

import http.client
import shutil

from server import Expected, Server, connect, free_port

TABLES = {"MergeTree": 120, "Memory": 80, "Log": 60, "View": 40, "Null": 30}
HTTP_CONNECTIONS = 100
NATIVE_CONNECTIONS = 50
CLIENTS = 4  # of the load

CONFIGURATION = """\
<yandex>
  <logger><level>warning</level><log>{directory}/server.log</log>
    <errorlog>{directory}/error.log</errorlog></logger>
  <http_port>{http_port}</http_port>
  <tcp_port>{tcp_port}</tcp_port>
  <listen_host>127.0.0.1</listen_host>
  <max_connections>4096</max_connections>
  <keep_alive_timeout>3600</keep_alive_timeout>
  <mark_cache_size>5368709120</mark_cache_size>
  <path>{directory}/data/</path>
  <tmp_path>{directory}/tmp/</tmp_path>
  <users_config>{directory}/users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
</yandex>
"""

COLUMNS = "d Date, k UInt64, v Float64, s String, a Array(String), n Nullable(Int32)"
CREATE = {
    "MergeTree": f"TABLE MergeTree_%d ({COLUMNS}) ENGINE = MergeTree(d, k, 8192)",
    "Memory": f"TABLE Memory_%d ({COLUMNS}) ENGINE = Memory",
    "Log": f"TABLE Log_%d ({COLUMNS}) ENGINE = Log",
    "Null": f"TABLE Null_%d ({COLUMNS}) ENGINE = Null",
    "View": "VIEW View_%d AS SELECT k, count() AS c FROM MergeTree_0 GROUP BY k",
}


class ClickHouse(Server):
    name = "clickhouse"
    allocator = "jemalloc"
    packages = ("clickhouse-server",)
    clients = CLIENTS
    words_class = "^DB::StorageMergeTree$"

    def command(self, directory):
        self.http_port, self.tcp_port = free_port(), free_port()
        configuration = directory / "config.xml"
        configuration.write_text(CONFIGURATION.format(
            http_port=self.http_port, tcp_port=self.tcp_port, directory=directory))
        shutil.copy("/etc/clickhouse-server/users.xml", directory)
        return ["/usr/sbin/clickhouse-server", f"--config-file={configuration}"]

    def open(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=60)
        connection.connect()
        return connection

    def ask(self, connection, query):
        connection.request("POST", "/", body=query.encode(), headers={"Connection": "keep-alive"})
        response = connection.getresponse()
        text = response.read().decode()
        if response.status != 200:
            raise ValueError(f"{query}: {response.status} {text[:200]}")
        return text

    def ready(self):
        connection = self.open()
        self.ask(connection, "SELECT 1")
        connection.close()

    def hold(self):
        self.held = [self.open() for _ in range(HTTP_CONNECTIONS)]
        for connection in self.held:
            self.ask(connection, "SELECT 1")
        self.held += [connect(self.tcp_port) for _ in range(NATIVE_CONNECTIONS)]
        query = self.held[0]
        for engine, count in TABLES.items():
            for number in range(count):
                self.ask(query, f"CREATE {CREATE[engine] % number}")
        rows = ("SELECT toDate('2020-01-01'), number, number / 3, toString(number),"
                " [toString(number)], number FROM system.numbers LIMIT 20000")
        for number in range(20):
            self.ask(query, f"INSERT INTO MergeTree_{number} {rows}")
            self.ask(query, f"INSERT INTO Memory_{number} {rows}")

    def request(self, connection, number):
        table = number % 20
        if number % 4 == 0:
            self.ask(connection, f"INSERT INTO Null_{table} (d, k) VALUES ('2020-01-01', {number})")
        elif number % 4 == 1:
            answer = self.ask(connection, f"SELECT count() FROM Memory_{table} WHERE s LIKE '%7%'")
            if answer.strip() != "6878":
                raise ValueError(f"unexpected answer {answer[:80]!r}")
        else:
            answer = self.ask(connection, f"SELECT count(), sum(k) FROM MergeTree_{table}")
            if answer.split() != ["20000", "199990000"]:
                raise ValueError(f"unexpected answer {answer[:80]!r}")

    def expected(self):
        query = self.held[0]

        def rows(text):
            return dict(line.split("\t") for line in self.ask(query, text).splitlines())

        engines = rows("SELECT engine, count() FROM system.tables GROUP BY engine")
        metrics = rows("SELECT metric, value FROM system.metrics")
        parts = int(self.ask(query, "SELECT count() FROM system.parts"))
        tables = [Expected(f"DB::Storage{engine}", int(engines[engine]), "system.tables")
                  for engine in TABLES]
        return tables + [
            Expected("DB::IStorage", sum(map(int, engines.values())), "system.tables"),
            Expected("Poco::Net::HTTPServerConnection", HTTP_CONNECTIONS + CLIENTS,
                     "connections held, and the load's"),
            Expected("DB::MergeTreeDataPart", parts, "system.parts"),
            Expected("DB::TCPHandler", int(metrics["TCPConnection"]),
                     "system.metrics: TCPConnection"),
        ]
