// Sends the orders that were tapped, once the time is over in which a tap can be taken back.

import { request, RequestError } from "/assets/http.js";
import { deedOf, hasJustMoved, isHeld, moved, taps } from "./taps.js";

/** @typedef {import("./taps.js").Tap} Tap */

const AGAIN_MS = 3000;
/** The shop has refused the order's move. */
const REFUSED = [404, 409, 422];
/** No answer, or one that the other taps would get as well. */
const FOR_ALL = [0, 401, 429, 503];
/** @type {Record<import("./taps.js").Deed, string[]>} The states, if known, in which it can still be moved on. */
const OPEN = { complete: ["", "placed", "preparing", "failed"], collect: ["", "ready"] };
/** For so long after a tap somebody may still want to take it back. */
const RECENT_MS = 60_000;

/** @type {Set<string>} */
const sending = new Set();
/** @type {Set<string>} Those that the shop may have got, though its answer was lost. */
const unanswered = new Set();
/** @type {Set<string>} Those whose orders are looked up. */
const asking = new Set();
/** @type {Tap | undefined} */
let last;

/** @param {Tap} tap */
const nameOf = (tap) => `${deedOf(tap)} ${tap.id}`;

/**
 * Takes a tap back, unless it is being sent; returns it, and whether that was in time.
 * @param {Tap} [tap] the newest one when left out
 * @returns {{tap: Tap | undefined, isUndone: boolean}}
 */
export function undo(tap) {
  const waiting = taps.get().filter((one) => !sending.has(nameOf(one)) && isHeld(one));
  const held = tap ? waiting.find((one) => nameOf(one) === nameOf(tap)) : waiting.at(-1);
  if (held) end(held);
  const recent = last && Date.now() - last.at < RECENT_MS ? last : undefined;
  return { tap: held ?? tap ?? taps.get().at(-1) ?? recent, isUndone: held !== undefined };
}

/**
 * Sends what was held long enough; `refused` gets those that the shop does not take any more, and the
 * state that their order is in.
 * @param {(tap: Tap, state: string) => void} refused
 * @param {() => void} sent
 */
export function sendTaps(refused, sent) {
  const round = async () => {
    try {
      for (const tap of taps.get().filter((one) => !isHeld(one))) {
        if (!isThere(tap)) continue; // another tab has sent it
        const outcome = await send(tap, refused).catch(reportError); // others are sent all the same
        if (outcome === "none") break;
        if (outcome === "over") sent();
      }
    } finally {
      setTimeout(() => void round(), taps.get().some(isHeld) ? 500 : AGAIN_MS);
    }
  };
  void round();
}

/**
 * Ends a tap that is held while its order was moved elsewhere.
 * @param {Tap} tap
 * @param {(tap: Tap, state: string) => void} refused
 */
export async function endIfMoved(tap, refused) {
  const name = nameOf(tap);
  if (asking.has(name)) return;
  asking.add(name);
  const state = await stateOf(tap.id);
  asking.delete(name);
  if (!state || state === (deedOf(tap) === "collect" ? "ready" : "preparing")) return;
  if (!isThere(tap) || !isHeld(tap)) return;
  refused(tap, state);
  finish(tap, state);
}

/**
 * @param {Tap} tap
 * @param {(tap: Tap, state: string) => void} refused
 * @returns {Promise<"over" | "again" | "none">} `again` where this tap alone has to be sent again
 */
async function send(tap, refused) {
  const [deed, name] = [deedOf(tap), nameOf(tap)];
  const meant = deed === "complete" ? ["ready", "collected"] : ["collected"];
  let state = String(meant[0]);
  sending.add(name);
  try {
    const body = deed === "complete" ? { body: { attempt: tap.attempt } } : {};
    await request("POST", `/orders/${tap.id}/${deed}`, body);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    if (!REFUSED.includes(error.status)) {
      unanswered.add(name);
      return FOR_ALL.includes(error.status) ? "none" : "again";
    }
    state = await stateOf(tap.id);
    if (!unanswered.has(name) || !meant.includes(state)) refused(tap, state);
  } finally {
    sending.delete(name);
  }
  unanswered.delete(name);
  last = tap;
  finish(tap, state);
  return "over";
}

/** @param {string} id */
async function stateOf(id) {
  const order = await request("GET", `/orders/${id}`).catch(() => null);
  return String(order?.state ?? "");
}

/** @param {Tap} tap */
function isThere(tap) {
  return taps.get().some((one) => nameOf(one) === nameOf(tap));
}

/**
 * Ends a tap whose order is in this state now.
 * @param {Tap} tap
 * @param {string} state
 */
function finish(tap, state) {
  if (!OPEN[deedOf(tap)].includes(state))
    moved.set([...moved.get().filter(hasJustMoved), { ...tap, at: Date.now() }]);
  end(tap);
}

/** @param {Tap} tap */
function end(tap) {
  taps.set(taps.get().filter((one) => nameOf(one) !== nameOf(tap)));
}
