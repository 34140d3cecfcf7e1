"""`python -m benchmarks.cashier.stand_in PORT`: SQS and SNS that take everything and keep nothing.

It answers what a cashier asks, at a tenth of an emulator's cost, and counts the requests: its own
`GET /` gives them as a JSON object, by operation.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from benchmarks.cashier.http import Message, Messages

_ACCOUNT = "000000000000"
_REGION = "us-east-1"


class StandIn:
    """Answers requests; `counts` has them by operation."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/{_ACCOUNT}"
        self._sent = 0
        self.counts: Counter[str] = Counter()

    def answer(self, request: Message) -> tuple[str, bytes]:
        """Give the type and the body of an answer."""
        target = request.header(b"x-amz-target").decode()
        if target:
            return "application/x-amz-json-1.0", json.dumps(
                self._sqs(target.rpartition(".")[2], json.loads(request.body))
            ).encode()
        if request.body:
            return "text/xml", self._sns(parse_qs(request.body.decode())).encode()
        return "application/json", json.dumps(self.counts).encode()

    def _sqs(self, operation: str, asked: Mapping[str, object]) -> Mapping[str, object]:
        self.counts[operation] += 1
        match operation, asked:
            case "GetQueueUrl", {"QueueName": name}:
                return {"QueueUrl": f"{self._url}/{name}"}
            case "GetQueueAttributes", {"QueueUrl": str(url)}:
                name = url.rpartition("/")[2]
                return {
                    "Attributes": {
                        "QueueArn": f"arn:aws:sqs:{_REGION}:{_ACCOUNT}:{name}",
                        "ApproximateNumberOfMessages": str(self._sent),
                        "ApproximateNumberOfMessagesNotVisible": "0",
                    }
                }
            case "SendMessageBatch", {"Entries": list(entries)}:
                self._sent += len(entries)
                ids = [entry["Id"] for entry in entries]
                return {"Successful": [{"Id": id_, "MessageId": id_} for id_ in ids], "Failed": []}
            case _:
                return {}

    def _sns(self, asked: Mapping[str, Sequence[str]]) -> str:
        operation = asked["Action"][0]
        self.counts[operation] += 1
        ids = [values[0] for name, values in asked.items() if name.endswith(".Id")]
        members = "".join(
            f"<member><Id>{id_}</Id><MessageId>{id_}</MessageId></member>" for id_ in ids
        )
        return (
            f'<{operation}Response xmlns="http://sns.amazonaws.com/doc/2010-03-31/">'
            f"<{operation}Result><Successful>{members}</Successful><Failed/></{operation}Result>"
            f"<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{operation}Response>"
        )


class Connection(asyncio.Protocol):
    """One connection of a client."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in
        self._messages = Messages()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        for request in self._messages.feed(data):
            kind, body = self._stand_in.answer(request)
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
            if isinstance(self._transport, asyncio.WriteTransport):
                self._transport.write(head.encode() + body)


async def serve(port: int) -> None:
    """Serve until the process is ended."""
    stand_in = StandIn(port)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(stand_in), "127.0.0.1", port
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
