"""Runs Prometheus in the foreground on the local cluster with our alert rules (`make monitoring`)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import yaml
from rich.console import Console

from deployments.settings import Settings
from domain.errors import ConfigurationError
from serve_app.local.keys import RAY_TOKEN
from serve_app.local.ports import is_free
from serve_app.run_file import RunFile
from serve_app.shipped import ROOT

MONITORING = ROOT / "monitoring"
_INSTALL = (
    "Prometheus is not installed: run `sudo apt-get install prometheus` (Debian, Ubuntu) or put a release"
    " from prometheus.io on PATH."
)


def monitor(settings: Settings, console: Console) -> int:
    """Run Prometheus until Ctrl-C and return its exit code.

    Raises:
        ConfigurationError: No system is running, Prometheus is not installed, or the port is taken.
    """
    binary = shutil.which("prometheus")
    if binary is None:
        raise ConfigurationError(_INSTALL)
    data_dir = settings.data_dir.absolute()
    dashboard_url = RunFile.read(data_dir).dashboard_url
    port = settings.prometheus_port
    if not is_free(port):
        raise ConfigurationError(f"Port {port} is taken: set PROMETHEUS_PORT to another one.")
    folder = data_dir / "prometheus"
    config = write_config(folder, dashboard_url, data_dir / "run" / RAY_TOKEN)
    console.print(f"Prometheus  http://127.0.0.1:{port}/  (alerts: /alerts)", markup=False)
    console.print("Grafana dashboards are in monitoring/dashboards. Ctrl-C stops Prometheus.")
    command = [
        binary,
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=2d",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with subprocess.Popen(command) as process:  # noqa: S603
        try:
            return process.wait()
        except KeyboardInterrupt:
            return process.wait()


def write_config(folder: Path, dashboard_url: str, token_file: Path) -> Path:
    """Write monitoring/prometheus.yml for this cluster into `folder` and return its path."""
    config = yaml.safe_load((MONITORING / "prometheus.yml").read_text(encoding="utf-8"))
    config["rule_files"] = [str(MONITORING / "rules.yml")]
    [scrape] = config["scrape_configs"]
    scrape["http_sd_configs"][0]["url"] = f"{dashboard_url}/api/prometheus/sd"
    scrape["http_sd_configs"][0]["authorization"] = {"credentials_file": str(token_file)}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return path
