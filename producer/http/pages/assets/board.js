// Keeps the board as the shop has it: read once in full, then changed by each event.

import { byId, el, fill } from "/assets/dom.js";
import { request } from "/assets/http.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";
import { followBoard } from "./board_tabs.js";

/** @typedef {{number: string, state: string, since: string}} Entry */

const STATES = /** @type {const} */ (["preparing", "ready"]);

/** Shows the board in the page's lists, and follows it. */
export function showBoard() {
  /** @type {Map<string, Entry>} */
  let board = new Map();
  /** @type {Entry[] | null} Events that come while the board is being read must not be lost to it. */
  let gathered = null;
  let reads = 0;
  const connection = byId("connection");

  const refresh = async () => {
    const read = ++reads;
    gathered ??= [];
    const entries = await request("GET", "/board/orders").catch(() => null);
    if (read !== reads) return; // it is being read again
    if (entries) board = new Map();
    for (const state of entries ? STATES : []) {
      for (const entry of entries[state]) change(board, { ...entry, state });
    }
    connection.textContent = entries ? t("connection.live") : t("board.unreadable");
    connection.dataset["state"] = entries ? "live" : "stale";
    for (const entry of gathered) change(board, entry);
    gathered = null;
    draw(board);
  };
  draw(board);
  followBoard((event) => {
    if (event.kind === "change") {
      if (gathered) gathered.push(event.data);
      else {
        change(board, event.data);
        draw(board);
      }
    } else if (event.kind === "lost") {
      connection.textContent = t("connection.connecting");
      connection.dataset["state"] = "connecting";
    } else void refresh();
  });
}

/** @param {Map<string, Entry>} board */
function draw(board) {
  for (const state of STATES) {
    const entries = [...board.values()].filter((entry) => entry.state === state);
    entries.sort((a, b) => (a.since < b.since ? 1 : -1));
    const items = entries.map((entry) => el("li", {}, visible(entry.number)));
    fill(byId(state), items.length ? items : el("li", { class: "none" }, t("board.none")));
  }
}

/**
 * @param {Map<string, Entry>} board
 * @param {Entry} entry
 */
function change(board, { number, state, since }) {
  const known = board.get(number);
  if (known && known.since > since) return;
  if (STATES.some((shown) => shown === state)) board.set(number, { number, state, since });
  else board.delete(number);
}
