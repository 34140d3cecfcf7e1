// A shared worker: it has the one stream of all the browser's tabs, and lives as long as any of them.

import { CHANNEL } from "./board_tabs.js";
import { openStream } from "./board_stream.js";

/** @typedef {import("./board_stream.js").BoardEvent} BoardEvent */

const channel = new BroadcastChannel(CHANNEL);
/** @type {BoardEvent | null} */
let connection = null;

openStream((event) => {
  if (event.kind === "open" || event.kind === "lost") connection = event;
  channel.postMessage(event);
});

self.addEventListener("connect", (event) => {
  const [tab] = /** @type {MessageEvent} */ (event).ports;
  tab?.start();
  if (connection) tab?.postMessage(connection);
});
