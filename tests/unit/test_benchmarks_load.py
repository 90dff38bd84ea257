"""Checks that every benchmark can be loaded with nothing but the packages that the project locks."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import benchmarks

MODULES = sorted(
    module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name[0] != "_"
)


@pytest.mark.parametrize("module", MODULES)
def test_a_benchmark_needs_no_package_that_is_not_locked(module: str) -> None:
    importlib.import_module(f"benchmarks.{module}")
