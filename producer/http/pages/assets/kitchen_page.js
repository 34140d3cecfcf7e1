// The kitchen display.

import { byId } from "/assets/dom.js";
import { ReadyStrip, showShop, watchConnection } from "./kitchen_head.js";
import { byPeople, KitchenList } from "./kitchen_list.js";
import { keepKitchen } from "./kitchen_state.js";
import { away, tap, taps } from "./taps.js";
import { stayAwake } from "./wake_lock.js";

/** The second tap of two is not meant for the card that has moved under the finger. */
const DOUBLE_TAP_MS = 350;
/** What hands need is loaded when they come, or soon after the first view: before a network fails. */
const HANDS_MS = 3000;

let lastTap = { id: "", at: -Infinity };
/** @type {Promise<typeof import("./kitchen_hands.js")> | null} */
let loading = null;

/**
 * @param {string} id
 * @param {() => void} act
 */
function onceTapped(id, act) {
  const now = performance.now();
  if (id !== lastTap.id && now - lastTap.at < DOUBLE_TAP_MS) return;
  lastTap = { id, at: now };
  act();
}

const does = {
  /** @param {import("./kitchen_card.js").KitchenOrder} order */
  done(order) {
    if (byPeople && order.in_hand) onceTapped(order.id, () => tap(order));
  },
  /** @param {import("./kitchen_card.js").KitchenOrder} order */
  seen: (order) => onceTapped(order.id, () => void kitchen.seen(order.id)),
  /** @param {import("./kitchen_card.js").KitchenOrder} order */
  cancel: async (order) => (await hands()).cancel(order, kitchen),
};

/** @param {string} id */
function act(id) {
  const order = list.order(id);
  if (order) does[order.state === "canceled" ? "seen" : "done"](order);
}

async function hands() {
  loading ??= import("./kitchen_hands.js").then((loaded) => {
    loaded.useHands(kitchen, act);
    ended.abort();
    for (const again of early) again();
    return loaded;
  });
  try {
    return await loading;
  } catch (error) {
    loading = null; // the next time it may be answered
    throw error;
  }
}

function showReady() {
  const gone = away("collect");
  ready.show(
    kitchen.ready.orders.filter(({ id }) => !gone.has(id)),
    kitchen.ready.isMore,
  );
}

/** @param {import("./sound.js").Melody} melody */
const chime = async (melody) => (await hands()).chime(melody);
const list = new KitchenList(does, (melody) => void chime(melody));
const ready = new ReadyStrip(() => void chime("uncollected"));
const kitchen = keepKitchen(
  (orders) => list.update(orders, kitchen.menu, away("complete")),
  showReady,
  showShop,
);
taps.follow(() => {
  list.show(kitchen.menu, away("complete"));
  showReady();
});
watchConnection();
stayAwake();

/** @type {(() => void)[]} What was tapped and typed before anything could answer. */
const early = [];
const ended = new AbortController();
byId("head").addEventListener(
  "click",
  ({ target }) => gather(() => /** @type {HTMLElement} */ (target).click()),
  ended,
);
document.addEventListener(
  "keydown",
  (event) => {
    gather(() => event.target?.dispatchEvent(new KeyboardEvent("keydown", event)));
  },
  ended,
);

/** @param {() => void} again */
function gather(again) {
  early.push(again);
  void hands();
}
document.addEventListener("pointerover", () => void hands(), { once: true });
setTimeout(() => void hands(), HANDS_MS);
