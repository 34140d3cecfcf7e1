// Orders that were canceled while somebody may be making them: they stay until that was seen.

import { request, RequestError } from "/assets/http.js";
import { unseen } from "./kitchen_state.js";

/** @typedef {import("./kitchen_card.js").KitchenOrder} KitchenOrder */

const MOST_ASKED = 40;

export class CanceledOrders {
  /** @type {Map<string, KitchenOrder>} */
  #orders = new Map();
  /** @type {Set<string>} Those that were seen, or canceled, here. */
  #seen = new Set();

  /**
   * Of the orders that are no longer to be made, finds those that were canceled.
   * @param {string[]} gone
   */
  async find(gone) {
    const wanted = [...new Set([...unseen.get(), ...gone])].filter((id) => !this.#seen.has(id));
    const asked = wanted.filter((id) => !this.#orders.has(id)).slice(-MOST_ASKED);
    const found = await Promise.all(asked.map(find));
    for (const order of found) if (order?.state === "canceled") this.#orders.set(order.id, order);
    const left = wanted.filter((id) => this.#orders.has(id) && !this.#seen.has(id));
    if (left.join() !== unseen.get().join()) unseen.set(left);
  }

  /** @param {string} id */
  see(id) {
    this.#seen.add(id);
    unseen.set(unseen.get().filter((one) => one !== id));
  }

  /**
   * Puts those that nobody has seen where they were in line.
   * @param {KitchenOrder[]} line
   */
  among(line) {
    const orders = line.filter(({ id }) => !this.#seen.has(id));
    for (const id of unseen.get()) {
      const order = this.#orders.get(id);
      if (!order || orders.some((one) => one.id === id)) continue;
      const isBehind = (/** @type {KitchenOrder} */ one) =>
        !one.remake_of && (order.remake_of !== null || one.placed_at > order.placed_at);
      const at = orders.findIndex(isBehind);
      orders.splice(at < 0 ? orders.length : at, 0, order);
    }
    return orders;
  }
}

/**
 * Asks for an order; null when the shop has forgotten it.
 * @param {string} id
 * @returns {Promise<KitchenOrder | null>}
 */
async function find(id) {
  try {
    return await request("GET", `/orders/${id}`);
  } catch (error) {
    if (error instanceof RequestError && error.status === 404) return null;
    throw error;
  }
}
