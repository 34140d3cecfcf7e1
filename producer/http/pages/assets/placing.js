// Places the cart's order: once, through double taps, reloads and answers that are lost.

import { newKey, request, RequestError } from "/assets/http.js";
import { cart } from "./cart.js";
import { rememberOrder } from "./my_orders.js";

/** @typedef {import("./cart.js").OrderBody} OrderBody */
/** @typedef {{id: string, number: string}} Placed */

/** Who ordered waits for so long; later, the customer may be gone. */
export const TRIED_MS = 2 * 60_000;

const PAUSE_MS = 1000;
const MOST_SENT = 5;
const KEY_REUSED = "idempotency-key-reused";

/**
 * Says what was asked for and not answered, if that was just now: a reload has interrupted it.
 * @returns {OrderBody | undefined}
 */
export function interrupted() {
  const { placing, sent } = cart.get();
  const isRecent = placing !== null && Date.now() - placing < TRIED_MS;
  return isRecent ? sent.at(-1) : undefined;
}

/**
 * Runs what places an order, again while it is not answered. Raises what it raised last, or that
 * it was stopped when `signal` is aborted: then nothing is resumed by a reload.
 * @param {(signal: AbortSignal) => Promise<unknown>} run
 * @param {AbortSignal} signal
 */
export async function keepTrying(run, signal) {
  const until = Date.now() + TRIED_MS;
  const stopped = new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      cart.set({ ...cart.get(), placing: null });
      reject(new Error("stopped"));
    });
  });
  for (;;) {
    try {
      return await Promise.race([run(signal), stopped]);
    } catch (error) {
      const isUnanswered = error instanceof RequestError && error.status === 0;
      if (!isUnanswered || Date.now() > until) throw error;
      await Promise.race([new Promise((resolve) => setTimeout(resolve, PAUSE_MS)), stopped]);
    }
  }
}

/**
 * Places an order, and empties the cart. The key is stored before it is sent and kept until an
 * order is placed under it, whatever has become of the cart meanwhile. Raises RequestError.
 * @param {OrderBody} body
 * @param {AbortSignal} signal
 * @returns {Promise<{order: Placed, isEarlier: boolean}>} when `isEarlier`, it is what the cart was
 *   before it was changed: that had arrived, although no answer came; the cart is left as it is
 */
export async function place(body, signal) {
  signal.throwIfAborted();
  const key = cart.get().key ?? newKey();
  const sent = [...cart.get().sent.filter((other) => !isSame(other, body)), body];
  cart.set({ ...cart.get(), key, sent: sent.slice(-MOST_SENT), placing: Date.now() });
  try {
    const order = await request("POST", "/orders", { body, key, signal });
    rememberOrder(order);
    cart.clear();
    return { order, isEarlier: false };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    if (error.kind === KEY_REUSED)
      return { order: await earlier(key, error, signal), isEarlier: true };
    if (error.status >= 400 && error.status < 500) cart.set({ ...cart.get(), placing: null });
    throw error;
  }
}

/**
 * Finds what was placed under the key: the same key and body give that order.
 * @param {string} key
 * @param {RequestError} reused
 * @param {AbortSignal} signal
 * @returns {Promise<Placed>}
 */
async function earlier(key, reused, signal) {
  for (const body of cart.get().sent.slice(0, -1).reverse()) {
    try {
      const order = await request("POST", "/orders", { body, key, signal });
      rememberOrder(order);
      cart.set({ ...cart.get(), key: null, sent: [], placing: null });
      return order;
    } catch (error) {
      if (!(error instanceof RequestError) || error.kind !== KEY_REUSED) throw error;
    }
  }
  cart.set({ ...cart.get(), key: null, sent: [], placing: null });
  throw reused;
}

/**
 * @param {OrderBody} one
 * @param {OrderBody} other
 */
function isSame(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
