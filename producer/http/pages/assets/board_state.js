// The board as the shop has it: read in full, then changed by each event, and read again now and then.

import { request } from "/assets/http.js";
import { followBoard } from "./board_tabs.js";

/** @typedef {{number: string, state: string, since: string}} Entry */
/** @typedef {"connecting" | "live" | "stale"} Freshness */

const STATES = /** @type {const} */ (["preparing", "ready"]);
const STALE_MS = 5000;
const READ_AGAIN_MS = 60_000;

/**
 * Follows the board. `show` gets its entries after each change, newest first; `tell` gets whether
 * they are to be trusted.
 * @param {(entries: Entry[]) => void} show
 * @param {(freshness: Freshness) => void} tell
 */
export function keepBoard(show, tell) {
  /** @type {Map<string, Entry>} */
  let board = new Map();
  /** @type {Entry[] | null} Events that come while the board is being read must not be lost to it. */
  let gathered = null;
  let reads = 0;
  let isRead = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let watch;

  const alive = () => {
    clearTimeout(watch);
    watch = setTimeout(() => tell("stale"), STALE_MS);
    if (isRead) tell("live");
  };
  const refresh = async () => {
    const read = ++reads;
    gathered ??= [];
    const entries = await request("GET", "/board/orders").catch(() => null);
    if (read !== reads) return; // it is being read again
    isRead = entries !== null;
    if (entries) board = new Map();
    for (const state of entries ? STATES : []) {
      for (const entry of entries[state]) change(board, { ...entry, state });
    }
    for (const entry of gathered) change(board, entry);
    gathered = null;
    show(newestFirst(board));
    if (entries) alive();
    else tell("stale");
  };
  followBoard((event) => {
    if (event.kind === "change") {
      if (gathered) gathered.push(event.data);
      else {
        change(board, event.data);
        show(newestFirst(board));
      }
    } else if (event.kind === "beat") alive();
    else if (event.kind === "lost") tell("connecting");
    else void refresh();
  });
  setInterval(() => void refresh(), READ_AGAIN_MS);
}

/** @param {Map<string, Entry>} board */
function newestFirst(board) {
  return [...board.values()].sort((a, b) => (a.since < b.since ? 1 : -1));
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
