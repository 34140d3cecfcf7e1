// The live stream of the board. Calls `tell` with {kind: "open" | "reset" | "lost"} and with
// {kind: "change", data}, and returns the function that ends the stream.

const FOLLOW_AGAIN_MS = 5000;

export function openStream(tell) {
  let events = null;
  let again = null;
  const follow = () => {
    events = new EventSource("/events?topics=board");
    events.onopen = () => tell({ kind: "open" });
    events.addEventListener("reset", () => tell({ kind: "reset" }));
    events.onmessage = (message) => tell({ kind: "change", data: JSON.parse(message.data).data });
    events.onerror = () => {
      tell({ kind: "lost" });
      // A refusal ends an EventSource for good; a lost connection it mends by itself.
      if (events.readyState === EventSource.CLOSED) again = setTimeout(follow, FOLLOW_AGAIN_MS);
    };
  };
  follow();
  return () => {
    clearTimeout(again);
    events.close();
  };
}
