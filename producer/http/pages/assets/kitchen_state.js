// The kitchen's line as the shop has it: read again whenever an event says that it has changed.

import { request, RequestError } from "/assets/http.js";
import { follow } from "/assets/live.js";
import { stored } from "/assets/store.js";

/** @typedef {import("./kitchen_card.js").KitchenOrder} KitchenOrder */
/** @typedef {import("./kitchen_card.js").MenuItem} MenuItem */
/** @typedef {{id: string, number: string, attempt: number, customer_name: string, ready_at: string}} ReadyOrder */
/** @typedef {{state: string, reason: string | null, outside_hours: boolean, until: string | null}} Shop */

const READ_AGAIN_MS = 15_000;
const GATHER_MS = 150;
const MOST_PAGES = 5;

let menuVersion = 0;

// Ids alone stay on the device, nobody's name.
const known = stored("kitchen-known", [], isIds);
/** Orders that were canceled, until somebody has seen that. */
export const unseen = stored("kitchen-canceled", [], isIds);

const BEFORE_READY = /\.(placed|preparing)\./;

/**
 * @param {(orders: KitchenOrder[]) => void} show
 * @param {() => void} showReady
 * @param {(shop: Shop) => void} showShop
 */
export function keepKitchen(show, showReady, showShop) {
  /** @type {KitchenOrder[]} */
  let line = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let soon;
  let isReadyOld = true;
  let isByEvent = false;
  /** @type {import("./kitchen_canceled.js").CanceledOrders | null} Loaded with the first one. */
  let canceled = null;
  const draw = () => show(canceled?.among(line) ?? line);

  const refresh = async () => {
    const withReady = isReadyOld || !isByEvent;
    isReadyOld = isByEvent = false;
    try {
      const { kitchen, shop, food, ready } = await readAll(withReady);
      if (food) takeMenu(api, food);
      if (ready) api.ready = ready;
      if (ready) showReady();
      const gone = missing(kitchen, ready?.orders ?? []);
      if (gone.length + unseen.get().length > 0) {
        canceled ??= new (await import("./kitchen_canceled.js")).CanceledOrders();
        await canceled.find(gone);
      }
      line = kitchen.orders;
      known.set(line.map(({ id }) => id));
      draw();
      showShop(shop);
    } catch (error) {
      isReadyOld ||= withReady;
      if (error instanceof RequestError && error.status === 401)
        location.assign("/staff/sign-in?next=/staff&why=ended");
      throw error;
    }
  };

  const api = {
    /** @type {Map<string, MenuItem>} */
    menu: new Map(),
    /** @type {{orders: ReadyOrder[], isMore: boolean}} The oldest first. */
    ready: { orders: [], isMore: false },
    /** @param {import("./taps.js").Tap} tap of an order that may be in another state by now */
    isMoved({ id, deed }) {
      return !(deed === "collect" ? api.ready.orders : line).some((one) => one.id === id);
    },
    /** Reads the line soon, as others may be about to ask for that, too. */
    refresh(withReady = true) {
      isReadyOld ||= withReady;
      clearTimeout(soon);
      soon = setTimeout(() => {
        isByEvent = true;
        live.refresh();
      }, GATHER_MS);
    },
    /** @param {string} id of an order whose cancellation was seen, or asked for, here */
    async seen(id) {
      canceled ??= new (await import("./kitchen_canceled.js")).CanceledOrders();
      canceled.see(id);
      draw();
    },
  };
  const live = follow(
    ["order-events"],
    { whileHidden: true },
    { refresh, event: ({ type }) => api.refresh(!BEFORE_READY.test(type)) },
  );
  unseen.follow(draw);
  setInterval(() => api.refresh(), READ_AGAIN_MS);
  return api;
}

/**
 * Takes a menu over if it has changed: all cards are drawn again then.
 * @param {{menu: Map<string, MenuItem>}} kitchen
 * @param {import("./menu.js").Menu} menu
 */
function takeMenu(kitchen, { version, items }) {
  if (version === menuVersion) return;
  menuVersion = version;
  kitchen.menu = new Map(items.map((item) => [item.id, item]));
}

/** @param {boolean} withReady with what is looked up less often, too */
async function readAll(withReady) {
  const [kitchen, shop, food, ready] = await Promise.all([
    request("GET", "/kitchen?limit=200"),
    request("GET", "/shop"),
    withReady ? request("GET", "/menu") : null,
    withReady ? readyOrders() : null,
  ]);
  return { kitchen, shop, food, ready };
}

/**
 * Reads the orders that wait to be collected, the oldest first; of more than there is room for, the
 * newest ones.
 */
export async function readyOrders() {
  /** @type {ReadyOrder[]} */
  const orders = [];
  let cursor = /** @type {string | null} */ ("");
  for (let page = 0; page < MOST_PAGES && cursor !== null; page += 1) {
    const more = cursor && `&cursor=${encodeURIComponent(cursor)}`;
    const read = await request("GET", `/orders?state=ready&limit=100${more}`);
    orders.push(...read.orders);
    cursor = read.next_cursor;
  }
  return { orders: orders.toReversed(), isMore: cursor !== null };
}

/**
 * Lists the orders that were in line, and are neither there nor ready.
 * @param {{orders: KitchenOrder[], more: boolean}} kitchen
 * @param {ReadyOrder[]} ready
 */
function missing({ orders, more }, ready) {
  const elsewhere = new Set([...orders, ...ready].map(({ id }) => id));
  return known.get().filter((id) => !more && !elsewhere.has(id));
}

/**
 * @param {unknown} read
 * @returns {read is string[]}
 */
function isIds(read) {
  return Array.isArray(read) && read.every((one) => typeof one === "string");
}
