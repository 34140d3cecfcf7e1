// The opening hours: by weekday, by date in their place, or always open.

import { el, fill } from "/assets/dom.js";
import { t } from "/assets/text.js";
import { same } from "./shop_document.js";
import { documentForm, errorPlace } from "./shop_form.js";
import { dayNames, DAYS, today, usualWeek } from "./shop_days.js";
import { spansOf } from "./shop_spans.js";

/** @typedef {import("./shop_spans.js").Span} Span */
/** @typedef {{date: string, spans: Span[]}} Exception */
/** @typedef {{weekdays: Record<string, Span[]> | null, always_open: boolean, exceptions: Record<string, Span[]>}} Hours */

/**
 * @param {import("./shop_document.js").ShopDocument} document
 * @param {() => unknown} saved
 */
export function hoursCard(document, saved) {
  const hours = new HoursFields();
  const form = documentForm({
    title: t("shop_hours.title"),
    document,
    fields: (value) => hours.draw(value),
    typed: () => hours.typed(),
    faults: (value) => hours.faults(value),
    saved,
  });
  const openToday = () => {
    hours.openToday();
    form.touched();
  };
  return { card: form.card, today: openToday };
}

class HoursFields {
  /** @type {Record<string, Span[]>} */
  #week = {};
  /** @type {Exception[]} */
  #exceptions = [];
  #always = el("input", { type: "checkbox", class: "switchbox" });
  #days = el("div", {});
  #dates = el("div", {});
  #hasWeek = false;

  constructor() {
    this.#always.onchange = () => (this.#days.hidden = this.#always.checked);
  }

  /** @param {Hours} value */
  draw({ weekdays, always_open: isAlways, exceptions }) {
    this.#hasWeek = weekdays !== null;
    this.#week = structuredClone(weekdays ?? usualWeek());
    this.#exceptions = Object.entries(structuredClone(exceptions)).map(([date, spans]) => ({
      date,
      spans,
    }));
    this.#always.checked = isAlways || weekdays === null;
    this.#days.hidden = this.#always.checked;
    fill(this.#days, this.#weekRows());
    this.#drawDates();
    return [
      el("label", { class: "check" }, this.#always, t("shop_hours.always")),
      this.#days,
      el("h3", {}, t("shop_hours.dates")),
      el("p", { class: "quiet" }, t("shop_hours.dates_text")),
      this.#dates,
      errorPlace("exceptions"),
    ];
  }

  /** @returns {Hours} */
  typed() {
    const isAlways = this.#always.checked;
    // A week that nobody has changed is not kept for a shop that never had one.
    const isNone = isAlways && !this.#hasWeek && same(this.#week, usualWeek());
    return {
      weekdays: isNone ? null : structuredClone(this.#week),
      always_open: isAlways && !isNone,
      exceptions: Object.fromEntries(
        this.#exceptions
          .map(({ date, spans }) => /** @type {const} */ ([date, structuredClone(spans)]))
          .sort(([one], [other]) => (one < other ? -1 : 1)),
      ),
    };
  }

  /** @param {Hours} value */
  async faults(value) {
    const dates = this.#exceptions.map(({ date }) => date);
    const loaded = await import("./shop_faults.js").catch(() => null);
    return loaded ? loaded.hoursFaults(value, dates) : {}; // else the shop finds them
  }

  /** Opens it from now on for today, in place of the weekday's hours; it is still to be saved. */
  openToday() {
    const { date, day, time, later } = today();
    let one = this.#exceptions.find((other) => other.date === date);
    if (!one) {
      const usual = this.#always.checked ? [] : (this.#week[day] ?? []);
      one = { date, spans: structuredClone(usual) };
      this.#exceptions.push(one);
    }
    one.spans.push([time, later]);
    this.#drawDates();
    const inputs = [...this.#dates.children].at(this.#exceptions.indexOf(one));
    const last = [...(inputs?.querySelectorAll("input[type=time]") ?? [])].at(-1);
    if (last instanceof HTMLElement) last.focus();
    inputs?.scrollIntoView({ block: "center" });
  }

  #weekRows() {
    const names = dayNames();
    /** @type {(() => void)[]} */
    const draws = [];
    const rows = DAYS.map((day, at) => {
      const before = DAYS.at(at - 1) ?? "";
      const { element, draw } = spansOf(names[at] ?? day, this.#week[day] ?? [], {
        before: () => this.#week[before] ?? [],
        changed: () => draws[(at + 1) % DAYS.length]?.(),
      });
      draws.push(draw);
      return dayRow(day, names[at] ?? day, element);
    });
    return rows;
  }

  #drawDates() {
    const rows = this.#exceptions.map((one) =>
      exceptionRow(one, () => {
        this.#exceptions = this.#exceptions.filter((other) => other !== one);
        this.#drawDates();
      }),
    );
    const onclick = () => {
      this.#exceptions.push({ date: "", spans: [] });
      this.#drawDates();
      [...this.#dates.querySelectorAll("input")].findLast(({ type }) => type === "date")?.focus();
    };
    const add = el("button", { type: "button", class: "quiet", onclick }, t("shop_hours.add_date"));
    fill(this.#dates, rows, el("p", {}, add));
  }
}

/**
 * @param {string} day
 * @param {string} name
 * @param {HTMLElement} spans
 */
function dayRow(day, name, spans) {
  return el(
    "div",
    { class: "shop-day", role: "group", "aria-label": name },
    el("strong", {}, name),
    el("div", {}, spans, errorPlace(`weekdays/${day}`)),
  );
}

/**
 * @param {Exception} exception
 * @param {() => void} remove
 */
function exceptionRow(exception, remove) {
  const place = errorPlace(`exceptions/${exception.date}`);
  const oninput = (/** @type {any} */ event) => {
    exception.date = event.target.value;
    place.dataset["place"] = `exceptions/${exception.date}`;
  };
  const label = t("shop_hours.date");
  const date = el("input", { type: "date", value: exception.date, "aria-label": label, oninput });
  const drop = el(
    "button",
    { type: "button", class: "quiet", onclick: remove },
    t("shop_hours.drop"),
  );
  const { element } = spansOf(exception.date || label, exception.spans);
  return el("div", { class: "shop-day" }, el("div", {}, date), el("div", {}, element, drop, place));
}
