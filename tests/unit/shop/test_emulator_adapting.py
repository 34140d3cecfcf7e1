"""What happens to the embedded emulator's queues with another version of ministack."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from structlog.testing import capture_logs

from shop.emulator.queues import adapt


def module(**functions: Any) -> SimpleNamespace:
    return SimpleNamespace(
        **{
            "esm_wake": None,
            "_HANDLERS": {},
            "_get_q": lambda url, action: (url, action),
            "_expire_retained": lambda q: q,
            "_dlq_sweep": lambda q: q,
            "_collect_msgs": lambda q, max_n, vis_timeout: (q, max_n, vis_timeout),
            **functions,
        }
    )


def test_a_module_that_lacks_a_function_is_left_as_it_is() -> None:
    sqs = module(_collect_msgs=None)
    before = vars(sqs).copy()
    with capture_logs() as logs:
        assert not adapt(sqs, module())
    assert vars(sqs) == before
    assert logs[0]["missing"] == ["_collect_msgs"]


def test_a_module_whose_function_takes_something_else_is_left_as_it_is() -> None:
    sqs = module(_dlq_sweep=lambda queue: queue)
    before = vars(sqs).copy()
    with capture_logs():
        assert not adapt(sqs, module())
    assert vars(sqs) == before
