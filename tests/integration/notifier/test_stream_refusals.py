"""What may not be streamed is refused, with a problem that says why."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.notifier import AS_STAFF, Serving, serving, settings_for

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def notifier(ministack: str) -> AsyncIterator[Serving]:
    async with serving(settings_for(ministack)) as notifier:
        yield notifier


@pytest.mark.parametrize(
    ("query", "status", "slug"),
    [
        ({"topics": "order-events"}, 401, "unauthorized"),
        ({"topics": "board,order-events"}, 401, "unauthorized"),
        ({"topics": "order-events", "order_id": ""}, 400, "invalid-request"),
        ({"topics": "tea-leaves"}, 404, "not-found"),
        ({"topics": "tea-leaves", "order_id": "1"}, 404, "not-found"),
        ({}, 400, "invalid-request"),
        ({"topics": ""}, 400, "invalid-request"),
        ({"topics": " , "}, 400, "invalid-request"),
        ({"topics": ["board", "coupons"]}, 400, "invalid-request"),
    ],
)
async def test_what_may_not_be_streamed_is_a_problem(
    query: dict[str, str], status: int, slug: str, notifier: Serving
) -> None:
    response = await notifier.http.get("/events", params=query)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == f"/problems/{slug}"
    assert ("www-authenticate" in response.headers) == (status == 401)
    assert [fault["pointer"] for fault in problem.get("errors", [])] == (
        [f"/{'order_id' if 'order_id' in query else 'topics'}"] if status == 400 else []
    )


async def test_a_wrong_staff_key_does_not_open_the_order_events(notifier: Serving) -> None:
    wrong = {"Authorization": AS_STAFF["Authorization"] + "x"}
    response = await notifier.http.get("/events", params={"topics": "order-events"}, headers=wrong)
    assert response.status_code == 401
