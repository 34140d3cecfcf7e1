// Who is at work, and on what.

import { el, fill } from "/assets/dom.js";
import { duration } from "/assets/format.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";

/** @typedef {{worker: string, slots: number, in_hand: number, prepared: number, prep_seconds: number}} Worker */

/**
 * @param {HTMLElement} place
 * @param {Worker[]} workers
 */
export function showWorkers(place, workers) {
  const rows = workers.map((one) => {
    const slots = Array.from({ length: Math.min(one.slots, 32) }, (_, at) =>
      el("i", { class: at < one.in_hand ? "busy" : "" }),
    );
    const does = one.in_hand
      ? t("running.makes", { count: one.in_hand })
      : t("running.waits_for_work");
    const mean = { count: one.prepared, time: duration(one.prep_seconds) };
    return el(
      "li",
      {},
      el("span", { class: "slots", "aria-hidden": "true" }, slots),
      el("strong", {}, visible(one.worker)),
      el("span", {}, does),
      one.prepared > 0 && el("small", { class: "quiet end" }, t("running.mean", mean)),
    );
  });
  const none = el("li", { class: "none" }, t("running.no_workers"));
  fill(place, rows.length ? rows : none);
}

/**
 * @param {HTMLElement} place
 * @param {{number: string, since: string, attempt: number, in_hand: boolean}[]} inHand
 * @param {(since: string) => number} age in seconds
 */
export function showInHand(place, inHand, age) {
  const rows = inHand.map((one) =>
    el(
      "li",
      {},
      el("strong", {}, visible(one.number)),
      one.attempt > 1 &&
        el("span", { class: "badge warn" }, t("running.attempt", { count: one.attempt })),
      !one.in_hand && el("span", { class: "badge warn" }, t("running.lost_hand")),
      el("span", { class: "end" }, duration(age(one.since))),
    ),
  );
  const none = el("li", { class: "none" }, t("running.none_in_hand"));
  fill(place, rows.length ? rows : none);
}
