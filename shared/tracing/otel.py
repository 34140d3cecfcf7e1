"""Tracing by OpenTelemetry: spans of messages and steps, between those of its instrumentors."""

from __future__ import annotations

import contextlib
import datetime as dt
import types
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from opentelemetry.context import Context
from opentelemetry.instrumentation.aiohttp_client import create_trace_config
from opentelemetry.instrumentation.aiohttp_server import AioHttpServerInstrumentor
from opentelemetry.instrumentation.botocore import AiobotocoreInstrumentor
from opentelemetry.propagate import get_global_textmap, set_global_textmap
from opentelemetry.propagators.textmap import CarrierT, Setter, default_setter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span, SpanKind, StatusCode, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.tracing.sampling import BegunByRequests

TRACEPARENT = "traceparent"
"""The attribute of a message: W3C Trace Context, "Traceparent Header"."""

_NONE: Mapping[str, str] = types.MappingProxyType({})
_W3C = TraceContextTextMapPropagator()


class _Once(TraceContextTextMapPropagator):
    """Leaves a message alone that has the context of its own sender, and not that of its batch."""

    def inject(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        setter: Setter[CarrierT] = default_setter,
    ) -> None:
        """Write the current context, unless there is one."""
        if not (isinstance(carrier, Mapping) and TRACEPARENT in carrier):
            super().inject(carrier, context, setter)


class OtelTracing:
    """Makes spans with one provider; see Tracing."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("coffeeshop")

    @contextlib.contextmanager
    def sending(self, system: str, destination: str) -> Iterator[Mapping[str, str]]:
        """Make a producer span; the message carries its context alone, and no tracestate."""
        with self._span(
            f"send {destination}",
            SpanKind.PRODUCER,
            {**_messaging("send", destination), "messaging.system": system},
        ):
            carried: dict[str, str] = {}
            _W3C.inject(carried)
            yield {TRACEPARENT: carried[TRACEPARENT]}

    def working_on(
        self,
        queue: str,
        attributes: Mapping[str, str],
        message_id: str,
        waited_since: dt.datetime | None,
    ) -> AbstractContextManager[object]:
        """Make two spans beside one another; a message without a context begins a trace."""
        context = _context_of(attributes)
        if context and waited_since:
            self._tracer.start_span(
                f"receive {queue}",
                context=context,
                kind=SpanKind.CLIENT,
                attributes=_messaging("receive", queue, message_id),
                start_time=int(waited_since.timestamp() * 1e9),
            ).end()
        about = _messaging("process", queue, message_id)
        return self._span(f"process {queue}", SpanKind.CONSUMER, about, context)

    def step(
        self, name: str, attributes: Mapping[str, str] = _NONE
    ) -> AbstractContextManager[object]:
        """Make an internal span."""
        return self._span(name, SpanKind.INTERNAL, attributes)

    def log_fields(self) -> Mapping[str, str]:
        """Name the current trace and span; one that is not sampled has no span to look up."""
        context = get_current_span().get_span_context()
        if not context.is_valid:
            return _NONE
        trace = {"trace_id": f"{context.trace_id:032x}"}
        sampled = context.trace_flags.sampled
        return {**trace, "span_id": f"{context.span_id:016x}"} if sampled else trace

    def client_traces(self) -> Sequence[Any]:
        """Make a span of each request; only the host of its URL is told."""
        return [
            create_trace_config(
                url_filter=lambda url: str(url.origin()), tracer_provider=self._provider
            )
        ]

    @contextlib.contextmanager
    def _span(
        self,
        name: str,
        kind: SpanKind,
        attributes: Mapping[str, str],
        context: Context | None = None,
    ) -> Iterator[Span]:
        """Make a span; of an error it has the class, since the text may quote a customer."""
        with self._tracer.start_as_current_span(
            name,
            context=context,
            kind=kind,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except Exception as error:
                span.set_status(StatusCode.ERROR, type(error).__name__)
                span.set_attribute("error.type", type(error).__name__)
                raise


@contextlib.contextmanager
def instrumented(provider: TracerProvider) -> Iterator[None]:
    """Have calls to AWS and requests to our routes traced during the block.

    What is made before, as an application, is not traced. Contexts go by `traceparent` alone: no
    `baggage` of a client reaches a subscriber.
    """
    provider.sampler = BegunByRequests(provider.sampler)
    before = get_global_textmap()
    set_global_textmap(_Once())
    instrumentors = (
        AiobotocoreInstrumentor(),  # type: ignore[no-untyped-call]
        AioHttpServerInstrumentor(),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it derives from web.Application
        for each in instrumentors:
            each.instrument(tracer_provider=provider, skip_dep_check=True)
    try:
        yield
    finally:
        for each in instrumentors:
            each.uninstrument()
        set_global_textmap(before)


def _context_of(attributes: Mapping[str, str]) -> Context:
    given = attributes.get(TRACEPARENT)
    return _W3C.extract({TRACEPARENT: given} if given else {}, context=Context())


def _messaging(operation: str, destination: str, message_id: str = "") -> Mapping[str, str]:
    about = {
        "messaging.system": "aws_sqs",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": destination,
    }
    return {**about, "messaging.message.id": message_id} if message_id else about
