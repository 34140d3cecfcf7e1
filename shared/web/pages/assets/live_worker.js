// A shared worker: it has the streams of all tabs of the browser, and lives as long as any of them.
// A tab that was closed says so; one that was frozen or has crashed does not answer any more.

import { LiveHub } from "./live_hub.js";

/** @typedef {import("./live_hub.js").Follower} Follower */
/** @typedef {import("./live_link.js").ToWorker} ToWorker */

const PING_MS = 2000;
const SILENT_MS = 10_000;

const hub = new LiveHub();
/** @type {Map<MessagePort, {heard: number, follower: Follower | null}>} */
const tabs = new Map();

/**
 * @param {MessagePort} port
 * @param {ToWorker} said
 */
function receive(port, said) {
  const tab = tabs.get(port);
  if (!tab) return;
  tab.heard = performance.now();
  if (said.kind === "leave") forget(port);
  else if (said.kind === "online") hub.hurry();
  else if (said.kind === "visible" && tab.follower) hub.prefer(tab.follower);
  else if (said.kind === "follow" && !tab.follower) {
    tab.follower = hub.join(said.need, said.position, (told) => port.postMessage(told));
  }
}

/** @param {MessagePort} port */
function forget(port) {
  const follower = tabs.get(port)?.follower;
  tabs.delete(port);
  port.close();
  if (follower) hub.leave(follower);
}

self.addEventListener("connect", (event) => {
  const [port] = /** @type {MessageEvent} */ (event).ports;
  if (!port) return;
  tabs.set(port, { heard: performance.now(), follower: null });
  port.onmessage = ({ data }) => receive(port, data);
});

setInterval(() => {
  for (const [port, { heard, follower }] of [...tabs]) {
    if (performance.now() - heard > SILENT_MS) forget(port);
    else port.postMessage({ kind: "ping", position: follower ? hub.position(follower) : "" });
  }
}, PING_MS);
