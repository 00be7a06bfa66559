"""MariaDB 10.11: a database server in C++, on glibc's malloc."""

import subprocess

from server import Expected, Server, free_port

CONNECTIONS = 200
STATEMENTS = 10  # a connection
EVENTS = 300
PARTITIONED_TABLES = 40
CLIENTS = 4  # of the load


class MariaDb(Server):
    name = "mariadb"
    allocator = "glibc"
    packages = ("mariadb-server-core", "mariadb-client-core", "python3-pymysql")
    clients = CLIENTS
    words_class = "^Event_queue_element$"

    def command(self, directory):
        self.port = free_port()
        data = directory / "data"
        subprocess.run(["mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={data}",
                        "--auth-root-authentication-method=normal", "--skip-test-db"],
                       check=True, stdout=self.log, stderr=self.log)
        return ["/usr/sbin/mariadbd", "--no-defaults", "--user=root", f"--datadir={data}",
                f"--socket={directory}/socket", f"--port={self.port}", "--bind-address=127.0.0.1",
                "--innodb-buffer-pool-size=256M", "--event-scheduler=ON", "--max-connections=1000"]

    def open(self):
        import pymysql  # one of the packages: not there before they are installed
        return pymysql.connect(host="127.0.0.1", port=self.port, user="root", autocommit=True)

    def ask(self, connection, query):
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def ready(self):
        self.open().close()

    def hold(self):
        first = self.open()
        self.held = [first]
        self.ask(first, "CREATE DATABASE test")
        self.ask(first, "CREATE TABLE test.t (id INT PRIMARY KEY, v VARCHAR(100))")
        for begin in range(0, 20_000, 1000):
            values = ",".join(f"({i}, 'value {i}')" for i in range(begin, begin + 1000))
            self.ask(first, f"INSERT INTO test.t VALUES {values}")
        for i in range(PARTITIONED_TABLES):
            self.ask(first, f"CREATE TABLE test.p{i} (id INT) PARTITION BY HASH (id) PARTITIONS 4")
            self.ask(first, f"SELECT count(*) FROM test.p{i}")
        for i in range(EVENTS):
            self.ask(first, f"CREATE EVENT test.e{i} ON SCHEDULE EVERY 1 DAY"
                            f" STARTS CURRENT_TIMESTAMP + INTERVAL 1 DAY DO SET @x = {i}")
        self.held += [self.open() for _ in range(CONNECTIONS - 1)]
        for connection in self.held:
            for i in range(STATEMENTS):
                self.ask(connection, f"PREPARE s{i} FROM 'SELECT v FROM test.t WHERE id = ? + {i}'")

    def request(self, connection, number):
        row = number % 20_000
        if number % 4 == 0:
            self.ask(connection, f"UPDATE test.t SET v = 'value {row}' WHERE id = {row}")
            return
        answer = self.ask(connection, f"SELECT v FROM test.t WHERE id = {row}")
        if answer != ((f"value {row}",),):
            raise ValueError(f"unexpected answer {answer}")

    def expected(self):
        status = dict(self.ask(self.held[0], "SHOW GLOBAL STATUS"))
        events = self.ask(self.held[0], "SELECT count(*) FROM information_schema.events")[0][0]
        return [
            Expected("THD", int(status["Threads_connected"]), "status: Threads_connected",
                     more=True),
            Expected("Prepared_statement", int(status["Prepared_stmt_count"]),
                     "status: Prepared_stmt_count"),
            Expected("Event_queue_element", events, "information_schema.events"),
            Expected("Partition_share", PARTITIONED_TABLES, "partitioned tables that were opened"),
        ]
