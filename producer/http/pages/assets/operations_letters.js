// Deliveries, and dead letters of both kinds: by reason, with what can be done about them.

import { el, fill } from "/assets/dom.js";
import { clockTime } from "/assets/format.js";
import { request } from "/assets/http.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";

/** @typedef {{id: string, reason: string | null}} Letter */
/** @typedef {{dead_letters: Letter[], total: number}} Letters */
/** @typedef {{shown: Letters, reason: string, ids: string[]}} Group */

/** @typedef {{channel: "email" | "webhook", accepted: number, failed: number, refused: number, unsent: number}} Attempts */

const MOST = 100;
const CHANNELS = /** @type {const} */ ({ email: "running.email", webhook: "running.webhook" });

let looks = "";

const acts = () => import("./operations_redrive.js");

/**
 * Shows both kinds, if there is something new.
 * @param {HTMLElement} tickets
 * @param {HTMLElement} deliveries
 */
export async function showLetters(tickets, deliveries) {
  const [ofTickets, ofDeliveries] = /** @type {Letters[]} */ (
    await Promise.all([
      request("GET", `/dead-letters?limit=${MOST}`),
      request("GET", `/subscriptions/dead-letters?limit=${MOST}`),
    ])
  );
  const next = JSON.stringify([ofTickets, ofDeliveries]);
  if (!ofTickets || !ofDeliveries || looks === next) return;
  looks = next;
  const again = () => showLetters(tickets, deliveries);
  showTickets(tickets, ofTickets, again);
  showDeliveries(deliveries, ofDeliveries, again);
}

/**
 * Says how attempts to deliver went in the last hour, by channel.
 * @param {HTMLElement} place
 */
export async function showAttempts(place) {
  /** @type {{since: string, channels: Attempts[]}} */
  const { since, channels } = await request("GET", "/subscriptions/attempts");
  const rows = channels.map(({ channel, accepted, failed, refused, unsent }) =>
    el(
      "li",
      {},
      el("strong", {}, t(CHANNELS[channel])),
      el("span", {}, t("running.accepted", { count: accepted })),
      failed + refused + unsent > 0 &&
        el(
          "span",
          { class: "badge warn" },
          t("running.attempts_failed", { failed, refused, unsent }),
        ),
    ),
  );
  const counted = el(
    "li",
    { class: "small quiet" },
    t("running.attempts_since", { time: clockTime(since) }),
  );
  fill(place, rows, counted);
}

/**
 * @param {HTMLElement} place
 * @param {Letters} letters
 * @param {() => Promise<void>} refresh
 */
function showTickets(place, letters, refresh) {
  if (letters.total === 0) {
    fill(place, el("p", { class: "quiet" }, t("running.no_dead")));
    return;
  }
  const ids = letters.dead_letters.map(({ id }) => id);
  const redriveAll = button("quiet", t("running.redrive"), async () =>
    (await acts()).redrive(ids, refresh),
  );
  const discard = button("danger", t("running.discard"), async () =>
    (await acts()).discard(ids, refresh),
  );
  fill(place, byReason(letters, refresh), el("div", { class: "row" }, redriveAll, discard));
}

/**
 * @param {Letters} letters
 * @param {() => Promise<void>} [refresh]
 */
function byReason(letters, refresh) {
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const { id, reason } of letters.dead_letters) {
    const known = groups.get(reason ?? "");
    if (known) known.push(id);
    else groups.set(reason ?? "", [id]);
  }
  const rows = [...groups].map(([reason, ids]) =>
    el(
      "li",
      {},
      el("span", { class: "badge bad" }, t("running.count", { count: ids.length })),
      el("span", {}, visible(reason || t("running.no_reason"))),
      refresh &&
        groups.size > 1 &&
        el(
          "span",
          { class: "end" },
          button("quiet", t("running.redrive"), async () => (await acts()).redrive(ids, refresh)),
        ),
    ),
  );
  const more = letters.total - letters.dead_letters.length;
  return el(
    "ul",
    { class: "rows" },
    rows,
    more > 0 && el("li", { class: "none" }, t("running.more_dead", { count: more })),
  );
}

/**
 * @param {HTMLElement} place
 * @param {Letters} letters
 * @param {() => Promise<void>} refresh
 */
function showDeliveries(place, letters, refresh) {
  if (letters.total === 0) {
    fill(place, el("p", { class: "quiet" }, t("running.no_failing")));
    return;
  }
  const again = button("quiet", t("running.deliver_again"), async () =>
    (await acts()).deliverAgain(letters.total, refresh),
  );
  fill(place, byReason(letters), el("div", { class: "row" }, again));
}

/**
 * @param {"quiet" | "danger"} kind
 * @param {string} label
 * @param {() => Promise<void>} run
 */
function button(kind, label, run) {
  const made = el("button", { type: "button", class: kind }, label);
  made.onclick = async () => {
    if (made.hasAttribute("aria-busy")) return;
    made.setAttribute("aria-busy", "true"); // not disabled: the focus comes back to it
    await run();
    made.removeAttribute("aria-busy");
  };
  return made;
}
