// The board as the shop has it: read in full, then changed by each event, and read again now and then.

import { byId } from "/assets/dom.js";
import { request } from "/assets/http.js";
import { follow } from "/assets/live.js";

/** @typedef {{number: string, state: string, since: string}} Entry */

const STATES = /** @type {const} */ (["preparing", "ready"]);
const READ_AGAIN_MS = 60_000;
/** What is read may be older than this page's stream, by less than this. */
const BEHIND_MS = 3000;
/** An event that comes twice does so sooner. */
const CALLED_AFTER_MS = 12_000;

/**
 * Follows the board. `show` gets its entries after each change, newest first; `tell` gets whether
 * they are to be trusted; `call` the number of one that is called again.
 * @param {(entries: Entry[]) => void} show
 * @param {(status: import("/assets/live.js").Status) => void} tell
 * @param {(number: string) => void} call
 */
export function keepBoard(show, tell, call) {
  /** @type {Map<string, Entry>} */
  let board = new Map();
  /** @type {{at: number, data: Entry}[]} Those that what is read may not have yet. */
  let recent = [];
  let isReadAgain = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let again;
  const refresh = async () => {
    if (!isReadAgain) {
      clearTimeout(again);
      again = setTimeout(readAgain, BEHIND_MS);
    }
    isReadAgain = false;
    const entries = await request("GET", "/board/orders");
    board = new Map();
    for (const state of STATES) {
      for (const entry of entries[state]) change(board, { ...entry, state });
    }
    recent = recent.filter(isRecent);
    for (const { data } of recent) change(board, data);
    show(newestFirst(board));
  };
  const event = (/** @type {{type: string, data: Entry}} */ { data }) => {
    recent = [...recent.filter(isRecent), { at: performance.now(), data }];
    if (isCall(board.get(data.number), data)) {
      call(data.number);
      return;
    }
    change(board, data);
    show(newestFirst(board));
  };
  byId("connection").addEventListener("status", (event) => {
    tell(/** @type {CustomEvent} */ (event).detail);
  });
  const live = follow(["board"], {}, { refresh, event });
  function readAgain() {
    isReadAgain = true;
    live.refresh();
  }
  setInterval(readAgain, READ_AGAIN_MS);
}

/**
 * Tells whether a number is called again: it has been ready for some time, and is announced anew.
 * @param {Entry | undefined} known
 * @param {Entry} now
 */
function isCall(known, { state, since }) {
  const isKnown = state === "ready" && known?.state === state && known.since === since;
  return isKnown && Date.now() - Date.parse(since) > CALLED_AFTER_MS;
}

/** @param {{at: number}} event */
function isRecent({ at }) {
  return performance.now() - at < BEHIND_MS;
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
