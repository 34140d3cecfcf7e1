// How the shop runs: read again when something has happened, and every few seconds.

import { byId, el, fill } from "/assets/dom.js";
import { duration, fromNow } from "/assets/format.js";
import { request, RequestError } from "/assets/http.js";
import { follow } from "/assets/live.js";
import { shared, t } from "/assets/text.js";
import { hourCharts } from "./operations_hour.js";
import { showInHand, showWorkers } from "./operations_work.js";

/** @typedef {{p50: number, p95: number}} Spread */
/** @typedef {{at: string, placed: number, ready: number, failed: number, wait: Spread | null, prep: Spread | null, total: Spread | null}} Minute */
/** @typedef {{minutes: Minute[], placed: number, ready: number, failed: number, total: Spread | null, last_ready_at: string | null, is_whole: boolean}} Hour */
/** @typedef {{at: string, waiting: number, in_flight: number, backlog_limit: number, oldest_placed_at: string | null, in_hand: {number: string, since: string, attempt: number, in_hand: boolean}[], workers: import("./operations_work.js").Worker[], hour: Hour, aws: import("./operations_aws.js").Aws}} Operations */

const EVERY_MS = 5000;
const GATHER_MS = 1000;
/** To list dead letters is to receive them, which is not to be done often. */
const LETTERS_MS = 30_000;
const FULL = 0.5;

const limits = { warn: Number(shared["warn"]), late: Number(shared["late"]) };
const isOneMachine = shared["has_scaling"] === true;
const drawHour = hourCharts(byId("charts"));
/** @type {Operations | undefined} */
let now;
/** By how much the shop's clock is ahead of this browser's. */
let ahead = 0;
let failed = 0;
let scaling = "";
/** @type {Map<HTMLElement, (shop: Operations) => Promise<void>>} The parts that have been seen. */
const near = new Map();
let lettersDue = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let soon;

async function refresh() {
  try {
    [now, scaling] = await Promise.all([request("GET", "/operations"), readScaling()]);
  } catch (error) {
    if (error instanceof RequestError && error.status === 401) location.reload();
    throw error;
  }
  if (!now) return;
  ahead = new Date(now.at).getTime() - Date.now();
  show(now);
  for (const showPart of near.values()) await showPart(now);
}

/** Says how many baristas there may be, should be and are; containers are scaled by others. */
async function readScaling() {
  if (!isOneMachine) return "";
  const { least, most, desired, working } = await request("GET", "/operations/scaling");
  return t("running.scaling", { least, most, desired, working });
}

/** @param {Operations} shop */
function show(shop) {
  byId("scaling").textContent = scaling;
  const slots = shop.workers.reduce((sum, one) => sum + one.slots, 0);
  const made = shop.workers.reduce((sum, one) => sum + one.in_hand, 0);
  const { hour } = shop;
  const isFull = shop.waiting >= shop.backlog_limit;
  const isFilling = shop.waiting >= shop.backlog_limit * FULL;
  figure("waiting", String(shop.waiting), isFull ? "bad" : isFilling ? "warn" : "", [
    t("running.waiting_limit", { count: shop.backlog_limit }),
  ]);
  figure("in_flight", String(shop.in_flight), slots ? "" : "bad", [
    slots ? t("running.slots", { count: slots, made }) : t("running.no_workers"),
  ]);
  figure("failures", String(hour.failed), hour.failed ? "bad" : "", [
    hour.failed ? t("running.failures_look") : t("running.failures_none"),
  ]);
  byId("summary").textContent = hour.total
    ? t("running.summary", {
        count: hour.ready,
        p50: duration(hour.total.p50),
        p95: duration(hour.total.p95),
      })
    : t("running.summary_none");
  drawHour(hour);
  showWorkers(byId("workers"), shop.workers);
  tick();
  byId("figures").removeAttribute("aria-busy");
  byId("rest").hidden = false;
}

/**
 * @param {string} id
 * @param {string} value
 * @param {string} state
 * @param {string[]} note
 */
function figure(id, value, state, note) {
  const card = byId(id);
  card.dataset["state"] = state;
  fill(/** @type {Element} */ (card.querySelector(".value")), el("b", {}, value));
  fill(/** @type {Element} */ (card.querySelector(".note")), ...note);
}

/** @param {Operations} shop */
async function showCost(shop) {
  const { showAws } = await import("./operations_aws.js");
  showAws(byId("aws"), shop.aws, isOneMachine);
}

/** @param {Operations} shop */
async function showDeliveries(shop) {
  if (shop.hour.failed === failed && Date.now() < lettersDue) return;
  failed = shop.hour.failed;
  lettersDue = Date.now() + LETTERS_MS;
  const { showLetters, showAttempts } = await import("./operations_letters.js");
  await Promise.all([
    showLetters(byId("dead-letters"), byId("deliveries")),
    showAttempts(byId("attempts")),
  ]);
}

/** What gets older by the second. */
function tick() {
  if (!now) return;
  const at = new Date(Date.now() + ahead);
  const age = (/** @type {string} */ since) => (at.getTime() - new Date(since).getTime()) / 1000;
  const oldest = now.oldest_placed_at ? age(now.oldest_placed_at) : null;
  const last = now.hour.last_ready_at;
  if (oldest === null) {
    const ago = last ? t("running.last_ready", { when: fromNow(last, at) }) : "";
    figure("oldest", t("running.nothing"), "", [ago || t("running.nothing_yet")]);
  } else {
    const state = oldest >= limits.late ? "bad" : oldest >= limits.warn ? "warn" : "";
    const note = t("running.oldest_limit", { time: duration(limits.late) });
    figure("oldest", duration(oldest), state, [note]);
  }
  showInHand(byId("in-hand"), now.in_hand, age);
}

/**
 * Shows a part from when it is first seen on.
 * @param {HTMLElement} part
 * @param {(shop: Operations) => Promise<void>} showPart
 */
function whenNear(part, showPart) {
  const observer = new IntersectionObserver(([seen]) => {
    if (!seen?.isIntersecting) return;
    observer.disconnect();
    near.set(part, showPart);
    following.refresh();
  });
  observer.observe(part);
}

const following = follow(
  ["order-events"],
  {},
  {
    refresh,
    event() {
      soon ??= setTimeout(() => {
        soon = undefined;
        refresh().catch(() => following.refresh());
      }, GATHER_MS);
    },
  },
);
setInterval(() => {
  if (!document.hidden) following.refresh();
}, EVERY_MS);
setInterval(tick, 1000);
whenNear(byId("dead-letters"), showDeliveries);
whenNear(byId("aws"), showCost);
if (shared["has_demonstration"] === true) {
  void import("./demonstration.js").then(({ demonstrate }) => demonstrate());
}
