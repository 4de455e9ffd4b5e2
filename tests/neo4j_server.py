"""A real Neo4j Community server for the tests: Java 17 and Maven, no container, no root."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

VERSION = os.environ.get("NEO4J_VERSION", "5.26.30")
CACHE = Path(os.environ.get("NEO4J_CACHE", Path.home() / ".cache" / "neo4j-test"))
MAIN = "org.neo4j.server.CommunityEntryPoint"
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>neo4j-test</artifactId><version>1</version><packaging>pom</packaging><dependencies>
<dependency><groupId>org.neo4j</groupId><artifactId>neo4j</artifactId><version>{}</version></dependency>
</dependencies></project>"""

# The shell holds our pipe: when this process ends, even by SIGKILL, it kills the server; when that ends, it ends too.
GUARD = '"$@" </dev/null & p=$!; (while kill -0 $p 2>/dev/null; do sleep 1; done; kill $$) & cat >/dev/null; kill -9 $p'


def missing() -> str | None:
    """Why no Neo4j is to be had here; None where one is. Fetches its jars where that was not done yet."""
    absent = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if absent:
        return f"its tests need Java 17 or 21, and Maven; not found: {', '.join(absent)}."
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, stdin=subprocess.DEVNULL).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or version[1] not in ("17", "21"):
        return f"its tests need Java 17 or 21; this is {said.splitlines()[0] if said else 'another'}."
    try:
        jars()
    except subprocess.CalledProcessError as error:
        return f"Maven could not fetch it (exit code {error.returncode}; its words are above)."
    return None


def jars() -> Path:
    """The folder of the server's jars: fetched once (about 90 s, 125 MB), then cached."""
    lib = CACHE / VERSION / "lib"
    if not (lib.parent / "done").exists():
        lib.parent.mkdir(parents=True, exist_ok=True)
        (lib.parent / "pom.xml").write_text(POM.format(VERSION))
        subprocess.run(
            [
                *("mvn", "-q", "-B", "-f", str(lib.parent / "pom.xml"), "dependency:copy-dependencies"),
                *("-DincludeScope=runtime", f"-DoutputDirectory={lib}"),
            ],
            check=True,
            stdin=subprocess.DEVNULL,
        )
        (lib.parent / "done").touch()
    return lib


@contextlib.contextmanager
def neo4j(heap: str = "512m", timeout: float = 120) -> Iterator[tuple[str, tuple[str, str]]]:
    """A server on a random loopback port with a random password: its Bolt URI, and user and password."""
    lib, home = jars(), Path(tempfile.mkdtemp(prefix="neo4j-test-"))
    password, salt = secrets.token_hex(16), secrets.token_bytes(32)
    for folder in ("conf", "data/dbms", "logs"):
        (home / folder).mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    digest = hashlib.sha256(salt + password.encode()).digest()
    for _ in range(1023):
        digest = hashlib.sha256(digest).digest()
    (home / "data/dbms/auth.ini").write_text(f"neo4j:SHA-256,{digest.hex()},{salt.hex()},1024:\n")
    settings = {
        "server.default_listen_address": "127.0.0.1",
        "server.bolt.listen_address": f"127.0.0.1:{port}",
        "server.http.enabled": "false",
        "server.https.enabled": "false",
        "dbms.usage_report.enabled": "false",
        "server.memory.pagecache.size": "128m",
        "db.tx_log.preallocate": "false",
        # Emptied for every test, its statistics never hold: left to itself it would plan every statement anew that was
        # last asked ten seconds ago. The threshold alone does not prevent that, as it shrinks with time.
        "dbms.cypher.statistics_divergence_threshold": "1.0",
        "dbms.cypher.min_replan_interval": "24h",
    }
    (home / "conf/neo4j.conf").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    log = home / "logs/neo4j.log"
    command = ["java", f"-Xms{heap}", f"-Xmx{heap}", "-XX:+UseSerialGC", "-cp", f"{lib}/*"]
    with (home / "logs/out.txt").open("wb") as out:
        process = subprocess.Popen(
            ["sh", "-c", GUARD, "sh", *command, MAIN, f"--home-dir={home}", f"--config-dir={home}/conf"],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=out,
            cwd=home,
        )
        assert process.stdin is not None
        try:
            end = time.monotonic() + timeout
            while "INFO  Started." not in (text := log.read_text() if log.exists() else ""):
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"Neo4j did not start: {text[-2000:]}")
                time.sleep(0.05)
            yield f"bolt://127.0.0.1:{port}", ("neo4j", password)
        finally:
            process.stdin.close()
            process.wait()
            shutil.rmtree(home, ignore_errors=True)
