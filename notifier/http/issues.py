"""The routes of newsletter issues, for managers: proofs before, withdrawing, reports after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, Field

from notifier.channels.channel import Accepted
from notifier.context import NOTIFIER
from notifier.http.problems import INVALID_ISSUE, ISSUE_PUBLISHED
from notifier.http.topics import TOPIC, PublishIssue, require_topic
from shared.clock import Timestamp, utc_now
from shared.domain.change import Changed
from shared.domain.errors import FieldError
from shared.domain.issue import Issue
from shared.domain.mail_address import InvalidAddressError
from shared.messages.announcement import CloudEvent
from shared.web.body import json_response, read_body
from shared.web.caller import change_by
from shared.web.operation import Parameter, Response, operation
from shared.web.problem import NOT_FOUND, UNAVAILABLE, Problem

ISSUE = Parameter("id", "path", "The issue's id", required=True)
_SHOWN = 50


class IssueModel(BaseModel):
    """An issue; one that is held is published at `at`, and can be withdrawn until then."""

    id: str
    topic: str
    subject: str
    body: str
    at: Timestamp
    held: bool


class IssueList(BaseModel):
    """The last issues of a topic, the newest first."""

    issues: list[IssueModel]


class IssueReportModel(BaseModel):
    """What became of an issue, by mail and webhook.

    `unsubscribed` counts those who left after it, and before the topic's next one. Counts are
    null once the log of deliveries has begun to forget it, and not `complete` where there are more
    subscriptions than are looked at.
    """

    delivered: int | None
    due: int | None
    failed: int | None
    unsubscribed: int | None
    complete: bool


class ProofModel(BaseModel):
    """The body of an issue as its mail will have it."""

    html: str


class SendProof(PublishIssue):
    """An issue, and whose address its mail goes to, once."""

    email: Annotated[str, Field(max_length=254)]


@operation(
    "GET",
    "/topics/{name}/messages",
    "List the last issues of a topic",
    parameters=(TOPIC,),
    responses={HTTPStatus.OK: Response("Those of the last 90 days, 50 at most", IssueList)},
    errors=(NOT_FOUND, UNAVAILABLE),
    tag="topics",
)
async def list_issues(request: web.Request) -> web.Response:
    """List the issues, those that are held first."""
    await require_topic(request, request.match_info["name"])
    now = utc_now()
    issues = (await _of_topic(request))[:_SHOWN]
    models = [
        IssueModel(
            id=issue.id, topic=issue.topic, at=issue.at, held=issue.at > now, **_written(issue)
        )
        for issue in issues
    ]
    return json_response(IssueList(issues=models))


@operation(
    "DELETE",
    "/topics/{name}/messages/{id}",
    "Withdraw an issue that is held",
    parameters=(TOPIC, ISSUE),
    responses={HTTPStatus.NO_CONTENT: Response("It will not be published")},
    errors=(NOT_FOUND, ISSUE_PUBLISHED, UNAVAILABLE),
    tag="topics",
)
async def withdraw_issue(request: web.Request) -> web.Response:
    """Withdraw an issue before it is published."""
    notifier, issue = request.app[NOTIFIER], await _asked_for(request)
    if not await notifier.publisher.withdraw(issue.id):
        raise Problem(ISSUE_PUBLISHED, "it is published, and mail cannot be taken back")
    change = change_by(
        request, utc_now(), Changed.TOPICS, f"an issue of {issue.topic} is withdrawn"
    )
    await notifier.changes.record_change(change)
    return web.Response(status=HTTPStatus.NO_CONTENT)


@operation(
    "GET",
    "/topics/{name}/messages/{id}/report",
    "Count what became of an issue",
    parameters=(TOPIC, ISSUE),
    responses={HTTPStatus.OK: Response("Deliveries by mail and webhook", IssueReportModel)},
    errors=(NOT_FOUND, UNAVAILABLE),
    tag="topics",
)
async def get_issue_report(request: web.Request) -> web.Response:
    """Count the deliveries of an issue."""
    issue = await _asked_for(request)
    later = [other.at for other in await _of_topic(request) if other.at > issue.at]
    until = min(later, default=utc_now())
    report = await request.app[NOTIFIER].issue_reports.report(issue, until)
    counts: Mapping[str, Any] = dict.fromkeys(("delivered", "due", "failed", "unsubscribed"))
    if report is not None:
        counts = {name: getattr(report, name) for name in counts}
    complete = report is not None and report.is_complete
    return json_response(IssueReportModel(**counts, complete=complete))


@operation(
    "POST",
    "/topics/{name}/proofs",
    "Show the body of an issue as its mail will have it",
    body=PublishIssue,
    parameters=(TOPIC,),
    responses={
        HTTPStatus.OK: Response("Its HTML, without scripts or styles; nothing is sent", ProofModel)
    },
    errors=(INVALID_ISSUE, NOT_FOUND, UNAVAILABLE),
    tag="topics",
)
async def show_proof(request: web.Request) -> web.Response:
    """Render an issue."""
    issue = await read_body(request, PublishIssue, INVALID_ISSUE)
    await require_topic(request, request.match_info["name"])
    html = request.app[NOTIFIER].proofs.html(issue.body)
    return json_response(ProofModel(html=html))


@operation(
    "POST",
    "/topics/{name}/proofs/mail",
    "Mail an issue to oneself, before it is published",
    body=SendProof,
    parameters=(TOPIC,),
    responses={HTTPStatus.NO_CONTENT: Response("The mail is sent")},
    errors=(INVALID_ISSUE, NOT_FOUND, UNAVAILABLE),
    tag="topics",
)
async def mail_proof(request: web.Request) -> web.Response:
    """Send the mail, once."""
    issue, name = await read_body(request, SendProof, INVALID_ISSUE), request.match_info["name"]
    await require_topic(request, name)
    try:
        sent = await request.app[NOTIFIER].proofs.send(name, issue.subject, issue.body, issue.email)
    except InvalidAddressError as error:
        wrong = FieldError(("email",), str(error))
        raise Problem(INVALID_ISSUE, "no mail goes there", field_errors=[wrong]) from error
    if not isinstance(sent, Accepted):
        raise Problem(UNAVAILABLE, sent.error)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def _of_topic(request: web.Request) -> Sequence[Issue]:
    issues = await request.app[NOTIFIER].publisher.store.issues()
    return [issue for issue in issues if issue.topic == request.match_info["name"]]


async def _asked_for(request: web.Request) -> Issue:
    issue = await request.app[NOTIFIER].publisher.store.issue(request.match_info["id"])
    if issue is None or issue.withdrawn or issue.topic != request.match_info["name"]:
        raise Problem(NOT_FOUND, "this topic has no such issue")
    return issue


def _written(issue: Issue) -> dict[str, str]:
    """Read the subject and the body that staff have written."""
    data = CloudEvent.model_validate_json(issue.event).data
    return {"subject": str(data["subject"]), "body": str(data["body"])}


ISSUE_OPERATIONS = (list_issues, withdraw_issue, get_issue_report, show_proof, mail_proof)
