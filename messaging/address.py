"""Holds where the brokers are and how a client proves who it is; the one home of aiokafka's connection arguments."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """What every Kafka client of ours connects with."""

    servers: str
    """host:port, comma-separated."""
    security_protocol: SecurityProtocol = "PLAINTEXT"
    sasl_mechanism: SaslMechanism = "PLAIN"
    username: str = ""
    password: str = field(default="", repr=False)
    ssl_ca_file: Path | None = None
    """PEM file of the authorities to trust; None: the system's."""

    def __str__(self) -> str:
        return self.servers

    @property
    def first_server(self) -> tuple[str, int]:
        """Host and port of the first broker that is named."""
        host, _, port = self.servers.partition(",")[0].rpartition(":")
        return host, int(port)

    def credentials(self) -> dict[str, Any]:
        """Return aiokafka's arguments for TLS and SASL.

        Raises:
            OSError: The file of authorities can't be read.
        """
        arguments: dict[str, Any] = {"security_protocol": self.security_protocol}
        if self.security_protocol.endswith("SSL"):
            arguments["ssl_context"] = ssl.create_default_context(cafile=self.ssl_ca_file)
        if self.security_protocol.startswith("SASL"):
            arguments |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return arguments

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of an aiokafka client: the servers and what `credentials` returns."""
        return {"bootstrap_servers": self.servers, **self.credentials()}
