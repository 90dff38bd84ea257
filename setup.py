"""Builds the wheel, with the files beside the packages that run time needs as serve_app/shipped/."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
SHIPPED = ("config.yaml", "context", "web-form/out")


class BuildWithShipped(build_py):
    """The ordinary build of the packages, and then the files beside them."""

    def run(self) -> None:
        """Build the packages, then copy. Raises SystemExit where a file is missing."""
        super().run()
        target = Path(self.build_lib) / "serve_app" / "shipped"
        shutil.rmtree(target, ignore_errors=True)
        for name in SHIPPED:
            source = ROOT / name
            if not source.exists():
                raise SystemExit(f"{name} is missing: `make setup` builds the web form first.")
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target / name)
            else:
                shutil.copy(source, target / name)


setup(cmdclass={"build_py": BuildWithShipped})
