"""The emulator's ASGI applications: the gateway's paths and the store's."""

from __future__ import annotations

from attrs import frozen
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp

from .clock import Clock
from .exchanges import faults
from .exchanges.exchange import Exchange
from .exchanges.faults import FaultPlan
from .exchanges.records import Recorder
from .gateway.authentication import Gateway
from .gateway.endpoint import GatewayEndpoint, not_found
from .gateway.service import Service
from .store.endpoint import StoreEndpoint
from .store.presign import STORE_PATH

OTHER = "other"
"""The operation under which requests for unknown paths are recorded."""


@frozen
class Applications:
    """The routers of one emulator, built from its parts."""

    clock: Clock
    plan: FaultPlan
    recorder: Recorder

    def router(self, routes: list[BaseRoute]) -> Router:
        """Return an application for the routes; all else is answered as the gateway does."""
        default = self._exchange(OTHER, not_found)
        return Router(routes, redirect_slashes=False, default=default)

    def gateway_routes(self, gateway: Gateway, service: Service) -> list[BaseRoute]:
        """Return the routes of the four calls."""
        calls = {
            "/scc/comfy_prompt": (faults.SUBMIT, service.submit),
            "/scc/comfy_get_progress": (faults.PROGRESS, service.progress),
            "/scc/comfy_get_result": (faults.RESULT, service.result),
            "/scc/sp_create_temp_file_upload_sign": (faults.SIGN, service.sign),
        }
        return [
            Route(path, self._exchange(operation, GatewayEndpoint(gateway, service.throttle, call)))
            for path, (operation, call) in calls.items()
        ]

    def store_routes(self, endpoint: StoreEndpoint) -> list[BaseRoute]:
        """Return the route of the objects."""
        download = self._exchange(faults.GET, endpoint)
        upload = self._exchange(faults.PUT, endpoint)
        path = STORE_PATH + "{key:path}"
        return [Route(path, download, methods=["GET"]), Route(path, upload)]

    def _exchange(self, operation: str, handler: ASGIApp) -> Exchange:
        return Exchange(operation, handler, self.clock, self.plan, self.recorder)
