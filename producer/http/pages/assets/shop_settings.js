// The settings of the shop: name, address, languages, reasons, and for how long what is shown.

import { el } from "/assets/dom.js";
import { t } from "/assets/text.js";
import { documentForm, errorPlace, field } from "./shop_form.js";

const LANGUAGES = [
  ["en", "English"],
  ["de", "Deutsch"],
];

/**
 * @param {import("./shop_document.js").ShopDocument} document
 * @param {() => unknown} saved
 */
export function settingsCard(document, saved) {
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
    for (const [key, input] of Object.entries(minutes)) input.value = String(value[key]);
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
    cancel_reasons: reasons.value
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean),
    ...Object.fromEntries(
      Object.entries(minutes).map(([key, input]) => [
        key,
        input.value ? Number(input.value) : null,
      ]),
    ),
  });
  return documentForm({ title: t("shop.settings"), document, fields, typed, saved });
}

function number() {
  return el("input", { type: "number", min: 1, max: 1440, inputmode: "numeric" });
}
