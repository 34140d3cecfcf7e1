// What the shop charges: its currency, which stays once there are orders, and the rates of tax.

import { el, fill, icon } from "/assets/dom.js";
import { language, shared, t } from "/assets/text.js";
import { plainId } from "./editor_document.js";
import { documentForm, errorPlace, field } from "./shop_form.js";

/** @typedef {import("./editor_document.js").MenuDocument} MenuDocument */
/** @typedef {{prices_include_tax: boolean, serve: "here" | "away", classes: Record<string, {here: string, away: string}>}} Tax */
/** @typedef {{id: string, name: string, here: string, away: string}} Row */

const RATE = /^(0|[1-9][0-9]?|100)(\.[0-9]{1,3})?$/;
const MOST_ROWS = 20;
const isFixed = shared["has_orders"] === true;

/**
 * @param {import("./shop_document.js").ShopDocument} menu
 * @param {() => unknown} saved
 */
export function moneyForm(menu, saved) {
  const money = new MoneyFields();
  return documentForm({
    document: menu,
    fields: (value) => money.draw(value),
    typed: () => money.typed(),
    faults: () => money.faults(),
    saved,
  }).card;
}

class MoneyFields {
  /** @type {any} */
  #value = {};
  /** @type {Row[]} */
  #rows = [];
  #currency = el("select", { disabled: isFixed });
  #included = el("input", { type: "checkbox", class: "switchbox" });
  #list = el("div", {});

  /** @param {MenuDocument & {tax: Tax | null}} value */
  draw(value) {
    this.#value = value;
    const { currency, tax } = value;
    fill(this.#currency, currencyOptions(currency));
    this.#currency.value = currency;
    this.#included.checked = tax?.prices_include_tax ?? true;
    this.#rows = Object.entries(tax?.classes ?? {}).map(([id, { here, away }]) => ({
      id,
      name: id,
      here: shownRate(here),
      away: shownRate(away),
    }));
    this.#drawRows();
    const hint = isFixed ? t("shop_money.fixed") : t("shop_money.before_orders");
    return [
      field(t("shop_money.currency"), this.#currency, "currency", hint),
      el("h3", {}, t("shop_money.taxes")),
      el("p", { class: "quiet" }, t("shop_money.taxes_text")),
      this.#list,
      errorPlace("tax"),
      el("label", { class: "check" }, this.#included, t("shop_money.included")),
    ];
  }

  /** The menu with what is typed: an item whose rate is gone has the first one. */
  typed() {
    const { tax, items } = this.#value;
    const classes = Object.fromEntries(
      this.#rows.map(({ id, name, here, away }) => [
        id || plainId(name),
        { here: sentRate(here), away: sentRate(away) },
      ]),
    );
    const [first = null] = Object.keys(classes);
    const taxOf = (/** @type {string | null} */ one) =>
      one !== null && Object.hasOwn(classes, one) ? one : first;
    return {
      ...this.#value,
      currency: this.#currency.value,
      tax: first && { ...tax, prices_include_tax: this.#included.checked, classes },
      items: Object.fromEntries(
        Object.entries(items).map(([id, /** @type {any} */ item]) => [
          id,
          { ...item, tax: taxOf(item.tax) },
        ]),
      ),
    };
  }

  faults() {
    /** @type {import("./shop_form.js").Faults} */
    const found = {};
    const ids = this.#rows.map(({ id, name }) => id || plainId(name));
    for (const [at, { here, away }] of this.#rows.entries()) {
      const isGood = [here, away].every((rate) => RATE.test(sentRate(rate)));
      if (!isGood) found[`rate/${at}`] = t("shop_money.no_rate", { example: shownRate("7.5") });
      if (!ids[at]) found[`rate/${at}`] = t("shop_money.no_name");
    }
    if (new Set(ids).size < ids.length) found["tax"] = t("shop_money.twice");
    return found;
  }

  #drawRows() {
    const rows = this.#rows.map((row, at) =>
      rateRow(row, at, () => {
        this.#rows = this.#rows.filter((other) => other !== row);
        this.#drawRows();
      }),
    );
    const onclick = () => {
      this.#rows.push({ id: "", name: "", here: "", away: "" });
      this.#drawRows();
      [...this.#list.querySelectorAll("input")].at(-3)?.focus();
    };
    const add = el("button", { type: "button", class: "quiet", onclick }, t("shop_money.add"));
    fill(this.#list, rows, this.#rows.length < MOST_ROWS && el("p", {}, add));
  }
}

/**
 * @param {Row} row
 * @param {number} at
 * @param {() => void} remove
 */
function rateRow(row, at, remove) {
  const input = (/** @type {"name" | "here" | "away"} */ key) => {
    const box = el("input", { autocomplete: "off", maxlength: 40, value: row[key] });
    if (key === "name") box.readOnly = row.id !== "";
    else box.inputMode = "decimal";
    box.oninput = () => (row[key] = box.value);
    return box;
  };
  const drop = el(
    "button",
    {
      type: "button",
      class: "plain",
      "aria-label": t("shop_money.drop", { name: row.name }),
      onclick: remove,
    },
    icon("close"),
  );
  return el(
    "div",
    {},
    el(
      "div",
      { class: "shop-rate" },
      field(t("shop_money.name"), input("name"), ""),
      field(t("shop_money.here"), input("here"), ""),
      field(t("shop_money.away"), input("away"), ""),
      drop,
    ),
    errorPlace(`rate/${at}`),
  );
}

/** @param {string} current */
function currencyOptions(current) {
  const names = new Intl.DisplayNames(language, { type: "currency" });
  const all = new Set([...Intl.supportedValuesOf("currency"), current]);
  const options = [...all].map((code) => ({ code, name: names.of(code) ?? code }));
  options.sort((one, other) => one.name.localeCompare(other.name, language));
  return options.map(({ code, name }) => el("option", { value: code }, `${name} (${code})`));
}

/** @param {string} rate as the menu has it: 8.875 */
function shownRate(rate) {
  const [, digits = ""] = rate.split(".");
  return Number(rate).toLocaleString(language, { minimumFractionDigits: digits.length });
}

/** @param {string} typed */
function sentRate(typed) {
  return typed.trim().replace(/\s*%$/, "").replace(",", ".");
}
