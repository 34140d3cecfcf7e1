// The head of the kitchen display: whether the shop takes orders, whether the display is to be
// trusted, and what waits to be collected.

import { byId, el, fill } from "/assets/dom.js";
import { clockTime, duration } from "/assets/format.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";

/** @typedef {import("./kitchen_state.js").ReadyOrder} ReadyOrder */
/** @typedef {import("./kitchen_state.js").Shop} Shop */

/** After this long, a drink that nobody has collected is cold. */
const UNCOLLECTED_MS = 10 * 60_000;

/** @param {string} ready */
export function isUncollected(ready) {
  return Date.now() - Date.parse(ready) >= UNCOLLECTED_MS;
}

/** @param {Shop} shop */
export function showShop({ state, reason, outside_hours: isOutside, until }) {
  const isOpen = state === "open" || state === "busy";
  document.body.dataset["shop"] = isOutside ? "closed" : state;
  byId("shop").hidden = isOpen;
  byId("shop-text").textContent = t(
    state === "paused" ? "kitchen.shop_paused" : "kitchen.shop_closed",
  );
  const again = until ? t("kitchen.opens", { time: clockTime(until) }) : t("kitchen.opens_by_hand");
  byId("shop-more").textContent = [isOutside || !reason ? "" : visible(reason), again]
    .filter(Boolean)
    .join(" · ");
  byId("open").hidden = isOutside;
  byId("pause", HTMLButtonElement).disabled = !isOpen;
}

/** Says so unmistakably when the display hears nothing; what it shows stays of use. */
export function watchConnection() {
  let trusted = new Date();
  let wasLive = true;
  byId("connection").addEventListener("status", (event) => {
    const status = /** @type {CustomEvent<string>} */ (event).detail;
    const isStale = status === "stale" || status === "offline";
    if (wasLive) trusted = new Date();
    wasLive = status === "live";
    if (!isStale && !wasLive) return;
    byId("stale").hidden = !isStale;
    byId("main").classList.toggle("stale", isStale);
    if (isStale) byId("stale-text").textContent = t("kitchen.stale", { time: clockTime(trusted) });
  });
}

/** What waits to be collected, oldest first, as far as there is room. */
export class ReadyStrip {
  /** @type {ReadyOrder[]} */
  #orders = [];
  #uncollected = -1;

  /** @param {() => void} chime is called when one more was not collected for long */
  constructor(chime) {
    this.chime = chime;
    setInterval(() => this.#tick(), 1000);
  }

  /**
   * @param {ReadyOrder[]} orders
   * @param {boolean} isMore
   */
  show(orders, isMore) {
    this.#orders = orders;
    byId("ready-count").textContent = `${orders.length}${isMore ? "+" : ""}`;
    fill(
      byId("ready"),
      orders.map(({ number }) =>
        el("span", { class: "badge" }, el("b", {}, visible(number)), el("span", { class: "for" })),
      ),
    );
    this.#tick();
  }

  #tick() {
    const chips = byId("ready").children;
    const late = this.#orders.filter(({ ready_at: at }) => isUncollected(at)).length;
    for (const [at, { ready_at: ready }] of this.#orders.entries()) {
      const chip = chips[at];
      if (!chip?.lastElementChild) continue;
      chip.classList.toggle("bad", isUncollected(ready));
      chip.lastElementChild.textContent = duration((Date.now() - Date.parse(ready)) / 1000);
    }
    byId("recall").classList.toggle("late", late > 0);
    if (this.#uncollected >= 0 && late > this.#uncollected) this.chime();
    if (this.#orders.length > 0 || this.#uncollected >= 0) this.#uncollected = late;
  }
}
