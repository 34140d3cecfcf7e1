"""Which spans may begin a trace."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes

_BEGINS = frozenset({SpanKind.SERVER, SpanKind.CONSUMER})


class BegunByRequests(Sampler):
    """Lets requests and messages begin a trace, as `inner` decides.

    What runs in the background, polls that find nothing among it, is in none.
    """

    def __init__(self, inner: Sampler) -> None:
        self._inner = inner

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Decide on one span."""
        is_root = not get_current_span(parent_context).get_span_context().is_valid
        if is_root and kind not in _BEGINS:
            return SamplingResult(Decision.DROP)
        return self._inner.should_sample(
            parent_context, trace_id, name, kind, attributes, links, trace_state
        )

    def get_description(self) -> str:
        """Name this sampler."""
        return f"BegunByRequests({self._inner.get_description()})"
