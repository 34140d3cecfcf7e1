// The orders that were tapped done on this device: each is held for ten seconds, in which it can be
// taken back, and then sent until the shop has answered. They survive a reload.

import { stored } from "/assets/store.js";

/** @typedef {{id: string, number: string, attempt: number, at: number}} Tap */

const UNDO_MS = 10_000;

/** @type {import("/assets/store.js").Stored<Tap[]>} */
export const taps = stored("kitchen-taps", [], isTaps);
/** @param {{id: string, number: string, attempt: number}} order */
export function tapDone({ id, number, attempt }) {
  if (taps.get().some((tap) => tap.id === id)) return;
  taps.set([...taps.get(), { id, number, attempt, at: Date.now() }]);
}

/** @param {Tap} tap */
export function isHeld(tap) {
  return Date.now() - tap.at < UNDO_MS;
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
