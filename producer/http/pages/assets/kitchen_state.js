// The kitchen's line as the shop has it: read again whenever an event says that it has changed.

import { byId } from "/assets/dom.js";
import { request, RequestError } from "/assets/http.js";
import { t } from "/assets/text.js";

/** @typedef {import("./kitchen_card.js").KitchenOrder} KitchenOrder */
/** @typedef {import("./kitchen_card.js").MenuItem} MenuItem */

const STALE_MS = 5000;
const READ_AGAIN_MS = 10_000;
const GATHER_MS = 150;

/**
 * @param {(orders: KitchenOrder[]) => void} show
 * @param {(shop: {state: string, reason: string | null}) => void} showShop
 */
export function keepKitchen(show, showShop) {
  /** @type {KitchenOrder[]} */
  let line = [];
  /** @type {Map<string, KitchenOrder>} Canceled ones, until somebody has seen them. */
  const canceled = new Map();
  /** @type {Map<string, MenuItem>} */
  let menu = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let soon;

  const read = async () => {
    const [kitchen, shop, food] = await Promise.all([
      request("GET", "/kitchen?limit=200"),
      request("GET", "/shop"),
      menu.size ? null : request("GET", "/menu"),
    ]);
    if (food) menu = new Map(food.items.map((/** @type {any} */ item) => [item.id, item]));
    api.menu = menu;
    /** @type {KitchenOrder[]} */
    const next = kitchen.orders;
    const open = new Set(next.map(({ id }) => id));
    for (const order of kitchen.more ? [] : line.filter(({ id }) => !open.has(id))) {
      const now = await request("GET", `/orders/${order.id}`);
      if (now.state === "canceled") canceled.set(order.id, { ...order, state: "canceled" });
    }
    line = next;
    show([...canceled.values(), ...line]);
    showShop(shop);
    tell("live");
  };
  const refresh = oneByOne(read);
  const gather = () => {
    clearTimeout(soon);
    soon = setTimeout(() => void refresh(), GATHER_MS);
  };
  const api = {
    menu,
    refresh: gather,
    seen(/** @type {string} */ id) {
      canceled.delete(id);
      line = line.filter((order) => order.id !== id);
      show([...canceled.values(), ...line]);
      gather();
    },
  };
  follow(gather);
  setInterval(gather, READ_AGAIN_MS);
  void refresh();
  return api;
}

/**
 * Never reads twice at once; a read that is asked for meanwhile comes after it.
 * @param {() => Promise<void>} read
 */
function oneByOne(read) {
  let isBusy = false;
  let isAgain = false;
  const refresh = async () => {
    isAgain = isBusy;
    if (isBusy) return;
    isBusy = true;
    try {
      await read();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.status === 401) location.assign("/staff/sign-in");
      tell("stale");
    } finally {
      isBusy = false;
    }
    if (isAgain) void refresh();
  };
  return refresh;
}

/** @param {() => void} changed */
function follow(changed) {
  const events = new EventSource("/events?topics=order-events");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let watch;
  const alive = () => {
    clearTimeout(watch);
    watch = setTimeout(() => tell("stale"), STALE_MS);
  };
  events.addEventListener("beat", () => {
    alive();
    if (byId("connection").dataset["state"] === "stale") changed();
  });
  for (const name of ["open", "reset", "message"]) events.addEventListener(name, changed);
  events.onerror = () => {
    tell(navigator.onLine ? "stale" : "offline");
    if (events.readyState === EventSource.CLOSED) setTimeout(() => follow(changed), STALE_MS);
  };
}

/** @param {"live" | "stale" | "offline"} state */
function tell(state) {
  const connection = byId("connection");
  connection.dataset["state"] = state;
  connection.textContent = t(`connection.${state}`);
}
