// The board by itself, for a screen that nobody touches for weeks.

import { byId, el, fill } from "/assets/dom.js";
import { clockTime } from "/assets/format.js";
import { request } from "/assets/http.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";
import { chime, soundSwitch } from "./sound.js";
import { keepBoard } from "./board_state.js";
import { NumberPages } from "./number_pages.js";
import { stayAwake } from "./wake_lock.js";

/** @typedef {import("./board_state.js").Entry} Entry */

const SHOP_EVERY_MS = 10_000;
const NEW_MS = 12_000;

const lists = {
  preparing: new NumberPages(byId("preparing"), byId("preparing-pages")),
  ready: new NumberPages(byId("ready"), byId("ready-pages")),
};
const stale = byId("stale");
/** @type {Map<string, number>} When each ready number was seen first; empty before the first look. */
let seen = new Map();
/** @type {Entry[]} */
let shown = [];
let isFirst = true;
let wasLive = true;
let trusted = new Date();

/**
 * @param {Entry[]} entries
 * @param {boolean} [isCall] one of them is called again
 */
function show(entries, isCall = false) {
  const now = Date.now();
  shown = entries;
  const ready = entries.filter((entry) => entry.state === "ready");
  const fresh = isFirst ? [] : ready.filter(({ number }) => !seen.has(number));
  seen = new Map(ready.map(({ number }) => [number, seen.get(number) ?? (isFirst ? 0 : now)]));
  isFirst = false;
  const preparing = entries
    .filter(({ state }) => state === "preparing")
    .sort((a, b) => a.number.localeCompare(b.number, undefined, { numeric: true }));
  lists.preparing.show(preparing.map((entry) => el("li", {}, visible(entry.number))));
  const isNew = (/** @type {Entry} */ { number }) => now - (seen.get(number) ?? 0) < NEW_MS;
  const newFirst = ready.toSorted((a, b) => Number(isNew(b)) - Number(isNew(a)));
  const items = newFirst.map(({ number }) => {
    const left = NEW_MS - (now - (seen.get(number) ?? 0));
    const item = el("li", { class: left > 0 ? "new" : "" }, visible(number));
    if (left > 0) setTimeout(() => item.classList.remove("new"), left);
    return item;
  });
  lists.ready.show(items, isCall || fresh.length > 0);
  if (fresh.length > 0) announce(fresh);
}

/** @param {Entry[]} fresh */
function announce(fresh) {
  const numbers = fresh.map(({ number }) => visible(number)).join(", ");
  say(t(fresh.length > 1 ? "board.called_all" : "board.called", { numbers }));
}

/** @param {string} number that is called again */
function call(number) {
  seen.set(number, Date.now());
  show(shown, true);
  say(t("board.called_again", { number: visible(number) }));
}

/** @param {string} text which may be the one that was said last */
function say(text) {
  byId("announcement").textContent = "";
  setTimeout(() => (byId("announcement").textContent = text), 100);
  chime("ready");
}

/** @param {import("/assets/live.js").Status} status */
function tell(status) {
  const isStale = status === "stale" || status === "offline";
  if (wasLive) trusted = new Date();
  wasLive = status === "live";
  byId("board").classList.toggle("stale", isStale);
  stale.hidden = !isStale;
  byId("stale-text").textContent = t("board.stale", { time: clockTime(trusted) });
}

async function readShop() {
  const shop = await request("GET", "/shop").catch(() => null);
  if (shop) {
    const banner = byId("shop");
    banner.hidden = shop.state === "open" || shop.state === "busy";
    const text = t(shop.state === "paused" ? "board.paused" : "board.closed");
    const until = shop.until ? t("board.until", { time: clockTime(shop.until) }) : null;
    fill(
      banner,
      el(
        "p",
        {},
        el("strong", {}, text),
        ...spaced(shop.outside_hours ? null : shop.reason, until),
      ),
    );
  }
  setTimeout(() => void readShop(), SHOP_EVERY_MS);
}

/** @param {...(string | null)} texts */
function spaced(...texts) {
  return texts.filter((text) => text !== null).map((text) => ` ${visible(text)}`);
}

function tick() {
  const now = new Date();
  byId("clock").textContent = clockTime(now);
  setTimeout(tick, 60_000 - (now.getTime() % 60_000));
}

soundSwitch(byId("sound", HTMLButtonElement));
const full = byId("full", HTMLButtonElement);
full.hidden = !document.fullscreenEnabled;
full.onclick = () => void document.documentElement.requestFullscreen().catch(() => undefined);
tick();
stayAwake();
void readShop();
keepBoard(show, tell, call);
