"""Defines the smallest graph that shows Serve's cost: a FastAPI ingress that calls one deployment."""

from __future__ import annotations

from fastapi import FastAPI
from ray import serve
from ray.serve.handle import DeploymentHandle

api = FastAPI()


class Echo:
    """The called deployment."""

    async def say(self, text: str) -> str:
        """Return the text."""
        return text


@serve.ingress(api)
class Front:
    """The ingress."""

    def __init__(self, echo: DeploymentHandle[Echo]) -> None:
        self._echo = echo

    @api.get("/echo")
    async def echo(self, text: str) -> dict[str, str]:
        """Return the text by way of the other deployment."""
        return {"text": await self._echo.say.remote(text)}


echo = serve.deployment(name="echo")(Echo).bind()
app = serve.deployment(name="front")(Front).bind(echo)
