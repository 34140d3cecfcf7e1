// Whether the shop takes orders, and a tap that changes it.

import { el, fill } from "/assets/dom.js";
import { clockTime, day } from "/assets/format.js";
import { request, RequestError } from "/assets/http.js";
import { t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { visible } from "/assets/visible.js";

/** @typedef {{state: "open" | "busy" | "paused" | "closed", reason: string | null, outside_hours: boolean, until: string | null}} Shop */

const MINUTES = [10, 30, 60];
const NAMES = {
  open: "shop.open",
  busy: "shop.busy",
  paused: "shop.paused",
  closed: "shop.closed",
};
const LOOKS = { open: "good", busy: "warn", paused: "warn", closed: "bad" };

/**
 * @param {Shop} first
 * @param {() => unknown} changed
 * @param {(() => unknown) | null} openToday gives today other hours, if that is allowed
 */
export function nowCard(first, changed, openToday) {
  const head = el("div", { class: "row", role: "status" });
  const reason = el("input", { maxlength: 200, autocomplete: "off" });
  const until = spans();
  const why = el(
    "div",
    { class: "shop-minutes" },
    el("label", { class: "field" }, el("span", {}, t("shop.reason")), reason),
    el("label", { class: "field" }, el("span", {}, t("shop.until")), until),
  );
  const buttons = el("div", { class: "actions" });
  let drawn = "";
  let isSending = false;
  const show = (/** @type {Shop} */ shop) => {
    fill(head, badge(shop), el("p", {}, detail(shop)));
    const takes = shop.state === "open" || shop.state === "busy";
    why.hidden = !takes;
    const look = `${takes} ${shop.outside_hours}`;
    if (look === drawn) return; // with the focus that a button may have
    drawn = look;
    fill(
      buttons,
      takes && [
        button("paused", "shop.pause", "primary"),
        button("closed", "shop.close", "danger"),
      ],
      !takes && !shop.outside_hours && button("open", "shop.reopen", "primary"),
      shop.outside_hours && openToday && todayButton(openToday),
    );
  };
  const button = (
    /** @type {string} */ state,
    /** @type {string} */ label,
    /** @type {string} */ kind,
  ) => el("button", { type: "button", class: kind, onclick: () => void set(state) }, t(label));
  const set = async (/** @type {string} */ state) => {
    if (isSending) return;
    isSending = true;
    const minutes = Number(until.value);
    const isOpen = state === "open";
    const ends = minutes && !isOpen ? new Date(Date.now() + minutes * 60_000).toISOString() : null;
    const body = { state, reason: isOpen ? null : reason.value.trim() || null, until: ends };
    try {
      show(await request("PUT", "/shop", { body }));
      buttons.querySelector("button")?.focus();
      changed();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      toast(error.message, { kind: "bad" });
    } finally {
      isSending = false;
    }
  };
  show(first);
  return {
    card: el("section", { class: "card" }, el("h2", {}, t("shop.now")), head, why, buttons),
    show,
  };
}

/** @param {() => unknown} onclick */
function todayButton(onclick) {
  return el("button", { type: "button", onclick }, t("shop.open_today"));
}

function spans() {
  const minutes = MINUTES.map((count) =>
    el("option", { value: count }, t("shop.minutes", { count })),
  );
  return el("select", {}, el("option", { value: "" }, t("shop.by_hand")), minutes);
}

/** @param {Shop} shop */
function badge({ state }) {
  return el("span", { class: `badge ${LOOKS[state]}` }, t(NAMES[state]));
}

/** @param {Shop} shop */
function detail(shop) {
  const { reason, until } = shop;
  if (shop.outside_hours) {
    const opens = until && t("shop.opens", { day: day(until), time: clockTime(until) });
    return [t("shop.by_hours"), opens].filter(Boolean).join(" · ");
  }
  const ends = until && t("shop.ends", { day: day(until), time: clockTime(until) });
  return [reason && visible(reason), ends].filter(Boolean).join(" · ");
}
