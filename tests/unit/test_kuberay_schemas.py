"""Tests the manifests against the schemas of Kubernetes and the operators, and built by kustomize."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

KUBERAY = Path(__file__).parents[2] / "kuberay"
OVERLAYS = ("minikube", "production")
SCHEMAS = os.environ.get("K8S_SCHEMAS", "")
"""A folder with crds/ and validate.py, a strict validator over them and over kubernetes-validate's schemas."""

needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl on PATH")


def build(overlay: str) -> str:
    command = ["kubectl", "kustomize", str(KUBERAY / "overlays" / overlay)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return built.stdout


@needs_kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_is_built_with_its_own_serve_config_and_image(overlay: str) -> None:
    built = build(overlay)
    assert built.count("serveConfigV2: |") == 1
    assert "kind: RayService" in built
    image = (
        "registry.example.com/customer-success-fte:"
        if overlay == "production"
        else "customer-success-fte"
    )
    # Head, two groups of workers, the front.
    assert built.count(f"image: {image}") == 4


@pytest.mark.skipif(not SCHEMAS, reason="K8S_SCHEMAS names no folder of schemas")
@pytest.mark.skipif(
    importlib.util.find_spec("kubernetes_validate") is None,
    reason="the package kubernetes-validate is not installed",
)
def test_every_manifest_is_valid_and_has_no_unknown_field(tmp_path: Path) -> None:
    checked = [str(KUBERAY)]
    for overlay in OVERLAYS if shutil.which("kubectl") else ():
        path = tmp_path / f"{overlay}.yaml"
        path.write_text(build(overlay))
        checked.append(str(path))
    command = [sys.executable, str(Path(SCHEMAS) / "validate.py"), *checked]
    # It imports what serveConfigV2 names.
    environment = {**os.environ, "PYTHONPATH": str(KUBERAY.parent)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    refused = [line for line in done.stdout.splitlines() if not line.startswith("ok")]
    assert done.returncode == 0, "\n".join([*refused, done.stderr])
