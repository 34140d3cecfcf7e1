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
  if (!away(deed).has(id)) taps.set([...taps.get(), { id, number, attempt, deed, at: Date.now() }]);
}

// Orders that have moved on: a read of the line that is under way may have them still. None is to be
// made or collected again; one may come back as canceled.
const moved = {
  complete: stored("kitchen-completed", [], isIds),
  collect: stored("kitchen-collected", [], isIds),
};

/** @type {Record<Deed, string[]>} The states, if known, in which an order can still be moved on so. */
const OPEN = { complete: ["", "placed", "preparing", "failed"], collect: ["", "ready"] };

/**
 * Ends a tap whose order is in this state now.
 * @param {Tap} tap
 * @param {string} state
 */
export function finish(tap, state) {
  const deed = deedOf(tap);
  if (!OPEN[deed].includes(state))
    moved[deed].set([...moved[deed].get().slice(1 - MOST_MOVED), tap.id]);
  end(tap);
}

/**
 * Returns the ids of the last orders that have moved on so.
 * @param {Deed} deed
 */
export function movedOn(deed) {
  return new Set(moved[deed].get());
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
  return new Set([...tapped(deed), ...movedOn(deed)]);
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

/**
 * @param {unknown} read
 * @returns {read is string[]}
 */
export function isIds(read) {
  return Array.isArray(read) && read.every((one) => typeof one === "string");
}
