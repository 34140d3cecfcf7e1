// The settings of the shop: name, address, languages, reasons, and for how long what is shown.

import { el } from "/assets/dom.js";
import { t } from "/assets/text.js";
import { documentForm, errorPlace, field } from "./shop_form.js";

const LANGUAGES = [
  ["en", "English"],
  ["de", "Deutsch"],
];

const MINUTES = ["kitchen_warn_minutes", "kitchen_late_minutes", "ready_shown_minutes"];
const MOST_MINUTES = 24 * 60;
const MOST_REASONS = 20;
const LONGEST_REASON = 200;

/**
 * @param {import("./shop_document.js").ShopDocument} document
 * @param {() => unknown} changed
 */
export function settingsCard(document, changed) {
  let value = document.value;
  const name = el("input", { maxlength: 80, autocomplete: "off" });
  const address = el("textarea", { maxlength: 300, rows: 3 });
  const reasons = el("textarea", { rows: 5 });
  const languages = LANGUAGES.map(([id]) => el("input", { type: "checkbox", value: id }));
  const minutes = {
    kitchen_warn_minutes: number(),
    kitchen_late_minutes: number(),
    ready_shown_minutes: number(),
  };
  const fields = (/** @type {any} */ shown) => {
    value = shown;
    name.value = value.name;
    address.value = value.address;
    reasons.value = value.cancel_reasons.join("\n");
    for (const box of languages) box.checked = value.languages.includes(box.value);
    for (const [key, input] of Object.entries(minutes)) input.value = String(value[key] ?? "");
    const chips = languages.map((box, at) =>
      el("label", { class: "chip", lang: box.value }, box, LANGUAGES[at]?.[1]),
    );
    return [
      field(t("shop.name"), name, "name"),
      field(t("shop.address"), address, "address"),
      el(
        "fieldset",
        {},
        el("legend", {}, t("shop.languages")),
        el("div", { class: "chips" }, chips),
        errorPlace("languages"),
      ),
      field(t("shop.reasons"), reasons, "cancel_reasons", t("shop.reasons_hint")),
      el(
        "div",
        { class: "shop-minutes" },
        field(t("shop.warn"), minutes.kitchen_warn_minutes, "kitchen_warn_minutes"),
        field(t("shop.late"), minutes.kitchen_late_minutes, "kitchen_late_minutes"),
        field(t("shop.shown"), minutes.ready_shown_minutes, "ready_shown_minutes"),
      ),
    ];
  };
  const typed = () => ({
    ...value,
    name: name.value.trim(),
    address: address.value.trim(),
    languages: languages.filter((box) => box.checked).map((box) => box.value),
    cancel_reasons: lines(reasons.value),
    ...Object.fromEntries(
      Object.entries(minutes).map(([key, input]) => [
        key,
        input.value ? Number(input.value) : null,
      ]),
    ),
  });
  const saved = () => {
    rename(document.value.name);
    changed();
  };
  return documentForm({ title: t("shop.settings"), document, fields, typed, faults, saved }).card;
}

/**
 * Has the bar of the page say the shop's name.
 * @param {string} name
 */
function rename(name) {
  const brand = document.querySelector(".brand span");
  if (brand) brand.textContent = name;
}

/** @param {string} text */
function lines(text) {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

/** @param {any} value */
function faults(value) {
  /** @type {import("./shop_form.js").Faults} */
  const found = {};
  /** @type {string[]} */
  const reasons = value.cancel_reasons;
  if (!value.name) found["name"] = t("shop.needed");
  if (value.languages.length === 0) found["languages"] = t("shop.no_language");
  if (new Set(reasons).size < reasons.length) found["cancel_reasons"] = t("shop.reason_twice");
  else if (reasons.length > MOST_REASONS || reasons.some((one) => one.length > LONGEST_REASON)) {
    const limits = { most: MOST_REASONS, longest: LONGEST_REASON };
    found["cancel_reasons"] = t("shop.reasons_limits", limits);
  }
  for (const name of MINUTES) {
    const count = value[name];
    if (!Number.isInteger(count) || count < 1 || count > MOST_MINUTES) {
      found[name] = t("shop.no_minutes", { most: MOST_MINUTES });
    }
  }
  if (value.kitchen_late_minutes < value.kitchen_warn_minutes) {
    found["kitchen_late_minutes"] ??= t("shop.late_first", { name: t("shop.warn") });
  }
  return found;
}

function number() {
  return el("input", { type: "number", min: 1, max: 1440, inputmode: "numeric" });
}
