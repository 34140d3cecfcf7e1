// The live stream of the board.

/** @typedef {import("./board_state.js").Entry} Entry */
/** @typedef {{kind: "open" | "reset" | "lost" | "beat"} | {kind: "change", data: Entry}} BoardEvent */

const FOLLOW_AGAIN_MS = 5000;

/**
 * Calls `tell` with each event, and returns the function that ends the stream.
 * @param {(event: BoardEvent) => void} tell
 */
export function openStream(tell) {
  /** @type {EventSource} */
  let events;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let again;
  const follow = () => {
    events = new EventSource("/events?topics=board");
    events.onopen = () => tell({ kind: "open" });
    events.addEventListener("reset", () => tell({ kind: "reset" }));
    events.addEventListener("beat", () => tell({ kind: "beat" }));
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
