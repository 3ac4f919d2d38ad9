"""What the SDK relies on in httpx, which names it as private: the pool beneath a transport."""

from __future__ import annotations

import asyncio

import httpcore
import httpx

from speedpix.transports.connections import AsyncTransport, Transport


class Pool:
    """A pool that answers everything itself."""

    def handle_request(self, request):
        return httpcore.Response(200, content=[bytes(request.url)])

    async def handle_async_request(self, request):
        return httpcore.Response(200, content=httpx.ByteStream(bytes(request.url)))

    def close(self):
        self.closed = True

    async def aclose(self):
        self.closed = True


def test_a_transport_of_httpx_uses_the_pool_that_is_put_into_it():
    transport = Transport()
    transport._pool = pool = Pool()
    response = transport.handle_request(httpx.Request("GET", "http://a.test/b"))
    assert response.read() == b"http://a.test/b"
    transport.close()
    assert pool.closed


def test_an_asynchronous_one_does():
    async def main():
        transport = AsyncTransport()
        transport._pool = pool = Pool()
        response = await transport.handle_async_request(httpx.Request("GET", "http://a.test/b"))
        assert await response.aread() == b"http://a.test/b"
        await transport.aclose()
        assert pool.closed

    asyncio.run(main())


def test_what_tools_replace_is_httpxs_own():
    assert Transport.handle_request is httpx.HTTPTransport.handle_request
    assert AsyncTransport.handle_async_request is httpx.AsyncHTTPTransport.handle_async_request
