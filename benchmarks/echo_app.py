"""The smallest graph that has the cost of Serve in it: a FastAPI front that asks one deployment."""

from __future__ import annotations

from fastapi import FastAPI
from ray import serve
from ray.serve.handle import DeploymentHandle

api = FastAPI()


class Echo:
    async def say(self, text: str) -> str:
        return text


@serve.ingress(api)
class Front:
    def __init__(self, echo: DeploymentHandle[Echo]) -> None:
        self._echo = echo

    @api.get("/echo")
    async def echo(self, text: str) -> dict[str, str]:
        return {"text": await self._echo.say.remote(text)}


echo = serve.deployment(name="echo")(Echo).bind()
app = serve.deployment(name="front")(Front).bind(echo)
