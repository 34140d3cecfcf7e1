// Follows the board by one stream for all tabs: over HTTP/1.1 a browser opens six connections to a
// host, and seven tabs with a stream each would block every other request.

import { openStream } from "./board_stream.js";

/** @typedef {import("./board_stream.js").BoardEvent} BoardEvent */

export const CHANNEL = "board";

/** @param {(event: BoardEvent) => void} handle */
export function followBoard(handle) {
  if ("SharedWorker" in self) {
    new BroadcastChannel(CHANNEL).onmessage = ({ data }) => handle(data);
    const worker = new SharedWorker(new URL("board_worker.js", import.meta.url), {
      type: "module",
    });
    worker.port.onmessage = ({ data }) => handle(data);
  } else {
    followWhileVisible(handle);
  }
}

/** @param {(event: BoardEvent) => void} handle */
function followWhileVisible(handle) {
  /** @type {(() => void) | null} */
  let close = null;
  const update = () => {
    if (document.hidden) {
      close?.();
      close = null;
    } else close ??= openStream(handle);
  };
  document.addEventListener("visibilitychange", update);
  update();
}
