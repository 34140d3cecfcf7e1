// The orders that were tapped done or collected on this device: each is held for ten seconds, in which
// it can be taken back, and then sent until the shop has answered. They survive a reload.

import { stored } from "/assets/store.js";

/** @typedef {"complete" | "collect"} Deed */
/** @typedef {{id: string, number: string, attempt: number, at: number, deed?: Deed}} Tap `complete` when left out */

const UNDO_MS = 10_000;
/** Longer than a read of the line takes. */
const MOVED_MS = 30_000;

/** @type {import("/assets/store.js").Stored<Tap[]>} */
export const taps = stored("kitchen-taps", [], isTaps);
/**
 * @param {{id: string, number: string, attempt: number}} order
 * @param {Deed} [deed]
 */
export function tap({ id, number, attempt }, deed = "complete") {
  if (!away(deed).has(id)) taps.set([...taps.get(), { id, number, attempt, deed, at: Date.now() }]);
}

/**
 * Taps whose orders have moved on, at `at`: a read of the line that is under way may have them still.
 * @type {import("/assets/store.js").Stored<Tap[]>}
 */
export const moved = stored("kitchen-moved", [], isTaps);

/**
 * Returns the ids of the orders that were tapped so.
 * @param {Deed} deed
 */
export function tapped(deed) {
  return idsOf(taps.get(), deed);
}

/**
 * Returns the ids of the orders that have just moved on so.
 * @param {Deed} deed
 */
export function movedOn(deed) {
  return idsOf(moved.get().filter(hasJustMoved), deed);
}

/**
 * Returns the ids of the orders that are not shown: those tapped so, and those that have moved on.
 * @param {Deed} deed
 */
export function away(deed) {
  return new Set([...tapped(deed), ...movedOn(deed)]);
}

/**
 * @param {Tap[]} some
 * @param {Deed} deed
 */
function idsOf(some, deed) {
  return new Set(some.filter((one) => deedOf(one) === deed).map(({ id }) => id));
}

/** @param {Tap} tap */
export function deedOf({ deed = "complete" }) {
  return deed;
}

/**
 * Whether a tap can be taken back; not one of the future: the clock was set back since.
 * @param {Tap} tap
 */
export const isHeld = ({ at }) => isWithin(at, UNDO_MS);

/** @param {Tap} tap */
export const hasJustMoved = ({ at }) => isWithin(at, MOVED_MS);

/**
 * @param {number} at
 * @param {number} ms
 */
function isWithin(at, ms) {
  const age = Date.now() - at;
  return age >= 0 && age < ms;
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
