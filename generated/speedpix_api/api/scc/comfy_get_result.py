from __future__ import annotations

from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.comfy_get_result_response import ComfyGetResultResponse
from ...models.task_request import TaskRequest
from ...types import Response


def _get_kwargs(
    *,
    body: TaskRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/scc/comfy_get_result",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json; charset=utf-8"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ComfyGetResultResponse | None:
    if response.status_code == 200:
        response_200 = ComfyGetResultResponse.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ComfyGetResultResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: TaskRequest,
) -> Response[ComfyGetResultResponse]:
    """Get the result of a finished run

     Give the output of a finished run. A run that failed is answered with `status: 20` and
    `subErrMessage`, or with `data.status: failed`. What an unfinished run is answered with is not
    documented: ask `comfy_get_progress` first. Reading changes nothing, so the call may be repeated.

    Args:
        body (TaskRequest): The run that is asked about.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ComfyGetResultResponse]
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
    body: TaskRequest,
) -> ComfyGetResultResponse | None:
    """Get the result of a finished run

     Give the output of a finished run. A run that failed is answered with `status: 20` and
    `subErrMessage`, or with `data.status: failed`. What an unfinished run is answered with is not
    documented: ask `comfy_get_progress` first. Reading changes nothing, so the call may be repeated.

    Args:
        body (TaskRequest): The run that is asked about.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ComfyGetResultResponse
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: TaskRequest,
) -> Response[ComfyGetResultResponse]:
    """Get the result of a finished run

     Give the output of a finished run. A run that failed is answered with `status: 20` and
    `subErrMessage`, or with `data.status: failed`. What an unfinished run is answered with is not
    documented: ask `comfy_get_progress` first. Reading changes nothing, so the call may be repeated.

    Args:
        body (TaskRequest): The run that is asked about.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ComfyGetResultResponse]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: TaskRequest,
) -> ComfyGetResultResponse | None:
    """Get the result of a finished run

     Give the output of a finished run. A run that failed is answered with `status: 20` and
    `subErrMessage`, or with `data.status: failed`. What an unfinished run is answered with is not
    documented: ask `comfy_get_progress` first. Reading changes nothing, so the call may be repeated.

    Args:
        body (TaskRequest): The run that is asked about.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ComfyGetResultResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
