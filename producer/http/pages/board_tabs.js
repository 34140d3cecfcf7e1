// Follows the board by one stream for all tabs: over HTTP/1.1 a browser opens six connections to a
// host, and seven tabs with a stream each would block every other request.

import { openStream } from "/pages/board_stream.js";

export const CHANNEL = "board";

export function followBoard(handle) {
  if ("SharedWorker" in self) {
    new BroadcastChannel(CHANNEL).onmessage = ({ data }) => handle(data);
    const worker = new SharedWorker("/pages/board_worker.js", { type: "module" });
    worker.port.onmessage = ({ data }) => handle(data);
  } else {
    followWhileVisible(handle);
  }
}

function followWhileVisible(handle) {
  let close = null;
  const update = () => {
    if (document.hidden) close = close?.();
    else close ??= openStream(handle);
  };
  document.addEventListener("visibilitychange", update);
  update();
}
