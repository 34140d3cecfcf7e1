// The orders that were tapped done on this device: each is held for ten seconds, in which it can be
// taken back, and then sent until the shop has answered. They survive a reload.

import { request, RequestError } from "/assets/http.js";
import { stored } from "/assets/store.js";

/** @typedef {{id: string, number: string, attempt: number, at: number}} Tap */

export const UNDO_MS = 10_000;
const AGAIN_MS = 3000;

/** @type {import("/assets/store.js").Stored<Tap[]>} */
export const taps = stored("kitchen-taps", [], isTaps);
/** @type {Set<string>} */
const sending = new Set();

/** @param {{id: string, number: string, attempt: number}} order */
export function tapDone({ id, number, attempt }) {
  if (taps.get().some((tap) => tap.id === id)) return;
  taps.set([...taps.get(), { id, number, attempt, at: Date.now() }]);
}

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

/** @param {Tap} tap */
export function isHeld(tap) {
  return Date.now() - tap.at < UNDO_MS;
}

/**
 * Sends what was held long enough; `refused` gets those that the shop does not take any more.
 * @param {(tap: Tap, error: RequestError) => void} refused
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
 * @param {(tap: Tap, error: RequestError) => void} refused
 * @returns {Promise<boolean>} whether the shop has answered
 */
async function send(tap, refused) {
  sending.add(tap.id);
  try {
    await request("POST", `/orders/${tap.id}/complete`, { body: { attempt: tap.attempt } });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const isAnswer = [404, 409, 422].includes(error.status);
    if (!isAnswer) return false;
    if (!(await isDone(tap.id))) refused(tap, error);
  } finally {
    sending.delete(tap.id);
  }
  drop(tap.id);
  return true;
}

/**
 * Whether the order was completed all the same: an answer was lost, or another display was first.
 * @param {string} id
 */
async function isDone(id) {
  const order = await request("GET", `/orders/${id}`).catch(() => null);
  return order?.state === "ready" || order?.state === "collected";
}

/** @param {string} id */
function drop(id) {
  taps.set(taps.get().filter((tap) => tap.id !== id));
}

/**
 * @param {unknown} read
 * @returns {read is Tap[]}
 */
function isTaps(read) {
  return (
    Array.isArray(read) &&
    read.every(
      (tap) =>
        typeof tap?.id === "string" &&
        typeof tap.number === "string" &&
        typeof tap.attempt === "number" &&
        typeof tap.at === "number",
    )
  );
}
