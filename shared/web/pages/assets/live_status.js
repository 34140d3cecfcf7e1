// Tells how the page's live connections are, in one place: the worst of them.

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
const WORST_FIRST = /** @type {const} */ (["stale", "connecting", "live"]);

/** @type {Map<object, Health>} */
const connections = new Map();
/** @type {Set<(status: Status) => void>} */
const watchers = new Set();

/**
 * Calls with each change of what is told; returns what ends that.
 * @param {(status: Status) => void} watcher
 */
export function watchStatus(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

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
  if (shown.dataset["state"] === state) return;
  shown.dataset["state"] = state;
  shown.textContent = t(TEXTS[state]);
  for (const watcher of watchers) watcher(state);
}

for (const name of ["online", "offline"]) globalThis.addEventListener(name, show);
