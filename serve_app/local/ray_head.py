"""Runs `ray start` without the server of Ray Client: `python -m serve_app.local.ray_head start --head …`."""

from __future__ import annotations

from deployments.ray_private import start_ray_without_client_server

if __name__ == "__main__":
    start_ray_without_client_server()
