"""Whether a run may be paid: the user is asked, the assistant vouches, or a budget allows it."""

from __future__ import annotations

from typing import Any, Union

from mcp.server.elicitation import (
    AcceptedElicitation,
    CancelledElicitation,
    DeclinedElicitation,
)
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.resolve import Elicit
from pydantic import BaseModel, Field


class Consent(BaseModel):
    """The user's answer."""

    pay: bool = Field(default=True, title="Pay for it", description="Run it, and pay for it.")


Answer = Union[AcceptedElicitation[Consent], DeclinedElicitation, CancelledElicitation]


class Budget:
    """The paid runs that may be submitted without asking; None asks for each.

    A submit whose outcome is unknown counts: it may have been paid.
    """

    def __init__(self, runs: int | None) -> None:
        self.left = runs

    def take(self, runs: int) -> None:
        """Reserve runs, before they are submitted.

        Raises:
            ToolError: not so many are left.
        """
        self.require(runs)
        if self.left is not None:
            self.left -= runs

    def require(self, runs: int) -> None:
        """Raise ToolError unless so many runs are left."""
        if self.left is not None and self.left < runs:
            message = (
                f"the budget of this server allows {self.left} more paid runs, not {runs}; "
                "nothing was submitted. Only the user can start it with a larger --max-runs"
            )
            raise ToolError(message)

    def give_back(self, runs: int) -> None:
        """Return runs that were not submitted."""
        if self.left is not None:
            self.left += runs


def consent(
    context: Context[Any, Any], budget: Budget, question: str, *, confirm_paid: bool
) -> Elicit[Consent] | Consent:
    """Return the consent to pay, or the question that the host is to ask its user.

    What the assistant confirms does not count where the user can be asked: a permission to call
    a tool is none to spend.

    Raises:
        ToolError: nobody has agreed.
    """
    if budget.left is not None:
        budget.require(1)
        return Consent()
    if _can_ask(context):
        return Elicit(question, Consent)
    if confirm_paid:
        return Consent()
    message = (
        f"{question} Nothing was submitted. Ask the user, and only when they agree, call again "
        "with confirm_paid=true"
    )
    raise ToolError(message)


def require(answer: Answer) -> None:
    """Go on only if the user has agreed.

    Raises:
        ToolError: they have not.
    """
    if not (isinstance(answer, AcceptedElicitation) and answer.data.pay):
        message = (
            "the user did not agree to pay; nothing was submitted. Do not call again unless they "
            "ask for it"
        )
        raise ToolError(message)


def _can_ask(context: Context[Any, Any]) -> bool:
    capabilities = context.client_capabilities
    asking = None if capabilities is None else capabilities.elicitation
    # Hosts from before there were modes declare none, and mean forms.
    return asking is not None and (asking.form is not None or asking.url is None)
