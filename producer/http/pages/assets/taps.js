// The orders that were tapped done or collected on this device: each is held for ten seconds, in which
// it can be taken back, and then sent until the shop has answered. They survive a reload.

import { stored } from "/assets/store.js";

/** @typedef {"complete" | "collect"} Deed */
/** @typedef {{id: string, number: string, attempt: number, at: number, deed?: Deed}} Tap `complete` when left out */

const UNDO_MS = 10_000;
const MOST_MOVED = 500;

/** @type {import("/assets/store.js").Stored<Tap[]>} */
export const taps = stored("kitchen-taps", [], isTaps);
/**
 * @param {{id: string, number: string, attempt: number}} order
 * @param {Deed} [deed]
 */
export function tap({ id, number, attempt }, deed = "complete") {
  if (!tapped(deed).has(id))
    taps.set([...taps.get(), { id, number, attempt, deed, at: Date.now() }]);
}

/** @type {Record<Deed, string[]>} The orders that have moved on by a tap: none ever comes back. */
const moved = { complete: [], collect: [] };

/**
 * Ends a tap whose order has moved on; a read of the line that is under way may have it still.
 * @param {Tap} tap
 */
export function movedOn(tap) {
  const deed = deedOf(tap);
  moved[deed] = [...moved[deed].slice(1 - MOST_MOVED), tap.id];
  end(tap);
}

/** @param {Tap} tap */
export function end(tap) {
  taps.set(taps.get().filter((one) => one.id !== tap.id || deedOf(one) !== deedOf(tap)));
}

/**
 * Returns the ids of the orders that were tapped so.
 * @param {Deed} deed
 */
export function tapped(deed) {
  return new Set(
    taps
      .get()
      .filter((one) => deedOf(one) === deed)
      .map(({ id }) => id),
  );
}

/**
 * Returns the ids of the orders that are not shown: those tapped so, and those that have moved on.
 * @param {Deed} deed
 */
export function away(deed) {
  return new Set([...tapped(deed), ...moved[deed]]);
}

/** @param {Tap} tap */
export function deedOf({ deed = "complete" }) {
  return deed;
}

/**
 * Whether a tap can be taken back; not one of the future: the clock was set back since.
 * @param {Tap} tap
 */
export function isHeld({ at }) {
  const age = Date.now() - at;
  return age >= 0 && age < UNDO_MS;
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
        typeof tap.at === "number" &&
        [undefined, "complete", "collect"].includes(tap.deed),
    )
  );
}
