from __future__ import annotations

from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.upload_sign_request import UploadSignRequest
from ...models.upload_sign_response import UploadSignResponse
from ...types import Response


def _get_kwargs(
    *,
    body: UploadSignRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/scc/sp_create_temp_file_upload_sign",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json; charset=utf-8"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> UploadSignResponse | None:
    if response.status_code == 200:
        response_200 = UploadSignResponse.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[UploadSignResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: UploadSignRequest,
) -> Response[UploadSignResponse]:
    """Get a place for a temporary file

     Give a pre-signed URL. The file's raw bytes are then `PUT` there with exactly the `Content-Type`
    that was declared here, and with none of the gateway's headers. Each call gives a new place, so it
    may be repeated.

    Args:
        body (UploadSignRequest): The file to be uploaded.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[UploadSignResponse]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: UploadSignRequest,
) -> UploadSignResponse | None:
    """Get a place for a temporary file

     Give a pre-signed URL. The file's raw bytes are then `PUT` there with exactly the `Content-Type`
    that was declared here, and with none of the gateway's headers. Each call gives a new place, so it
    may be repeated.

    Args:
        body (UploadSignRequest): The file to be uploaded.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        UploadSignResponse
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: UploadSignRequest,
) -> Response[UploadSignResponse]:
    """Get a place for a temporary file

     Give a pre-signed URL. The file's raw bytes are then `PUT` there with exactly the `Content-Type`
    that was declared here, and with none of the gateway's headers. Each call gives a new place, so it
    may be repeated.

    Args:
        body (UploadSignRequest): The file to be uploaded.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[UploadSignResponse]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: UploadSignRequest,
) -> UploadSignResponse | None:
    """Get a place for a temporary file

     Give a pre-signed URL. The file's raw bytes are then `PUT` there with exactly the `Content-Type`
    that was declared here, and with none of the gateway's headers. Each call gives a new place, so it
    may be repeated.

    Args:
        body (UploadSignRequest): The file to be uploaded.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        UploadSignResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
