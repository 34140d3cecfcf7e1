// Sends the orders that were tapped done, once the time is over in which a tap can be taken back.

import { request, RequestError } from "/assets/http.js";
import { isHeld, taps } from "./taps.js";

/** @typedef {import("./taps.js").Tap} Tap */

const AGAIN_MS = 3000;

/** @type {Set<string>} */
const sending = new Set();
/** @type {Set<string>} Those that the shop may have got, though its answer was lost. */
const unanswered = new Set();

/**
 * Takes a tap back, unless it is being sent.
 * @param {string} [id] the newest one when left out
 * @returns {Tap | undefined}
 */
export function undo(id) {
  const waiting = taps.get().filter((tap) => !sending.has(tap.id) && isHeld(tap));
  const tap = id === undefined ? waiting.at(-1) : waiting.find((one) => one.id === id);
  if (tap) drop(tap.id);
  return tap;
}

/**
 * Sends what was held long enough; `refused` gets those that the shop does not take any more, and the
 * state that their order is in.
 * @param {(tap: Tap, state: string) => void} refused
 * @param {() => void} sent
 */
export function sendTaps(refused, sent) {
  const round = async () => {
    for (const tap of taps.get().filter((one) => !isHeld(one))) {
      if (!taps.get().some(({ id }) => id === tap.id)) continue; // another tab has sent it
      if (!(await send(tap, refused))) break;
      sent();
    }
    const soon = taps.get().some(isHeld) ? 500 : AGAIN_MS;
    setTimeout(() => void round(), soon);
  };
  void round();
}

/**
 * @param {Tap} tap
 * @param {(tap: Tap, state: string) => void} refused
 * @returns {Promise<boolean>} whether the shop has answered
 */
async function send(tap, refused) {
  sending.add(tap.id);
  try {
    await request("POST", `/orders/${tap.id}/complete`, { body: { attempt: tap.attempt } });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    if (![404, 409, 422].includes(error.status)) {
      unanswered.add(tap.id);
      return false;
    }
    const state = await stateOf(tap.id);
    const isOurs = unanswered.has(tap.id) && (state === "ready" || state === "collected");
    if (!isOurs) refused(tap, state === "collected" ? "ready" : state);
  } finally {
    sending.delete(tap.id);
  }
  unanswered.delete(tap.id);
  drop(tap.id);
  return true;
}

/** @param {string} id */
async function stateOf(id) {
  const order = await request("GET", `/orders/${id}`).catch(() => null);
  return String(order?.state ?? "");
}

/** @param {string} id */
function drop(id) {
  taps.set(taps.get().filter((tap) => tap.id !== id));
}
