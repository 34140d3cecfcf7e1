// Tells how the page's live connections are, in one place: the worst of them. Each change of it is
// an event named `status` of `#connection`, whose `detail` is a Status.

import { byId } from "./dom.js";
import { t } from "./text.js";

/** @typedef {import("./live_stream.js").Health} Health */
/** @typedef {Health | "offline"} Status */

const TEXTS = /** @type {const} */ ({
  live: "connection.live",
  connecting: "connection.connecting",
  stale: "connection.stale",
  offline: "connection.offline",
});
/** A page that has just been opened is soon live: it does not flicker. */
const OPENING_MS = 1500;
const WORST_FIRST = /** @type {const} */ (["stale", "connecting", "live"]);

const opening = performance.now() + OPENING_MS;
setTimeout(show, OPENING_MS);

/** @type {Map<object, Health>} */
const connections = new Map();

/**
 * Tells how a connection is; `null` when it has ended.
 * @param {object} connection
 * @param {Health | null} health
 */
export function setHealth(connection, health) {
  if (health) connections.set(connection, health);
  else connections.delete(connection);
  show();
}

/** A browser that thinks that it is offline may reach a shop on its own machine: then it is live. */
function show() {
  const health = WORST_FIRST.find((one) => [...connections.values()].includes(one)) ?? "connecting";
  const state = health === "live" || navigator.onLine ? health : "offline";
  const shown = byId("connection");
  if (state === "connecting" && performance.now() < opening) return;
  if (shown.dataset["state"] === state) return;
  shown.dataset["state"] = state;
  shown.textContent = t(TEXTS[state]);
  shown.dispatchEvent(new CustomEvent("status", { detail: state }));
}

for (const name of ["online", "offline"]) globalThis.addEventListener(name, show);
