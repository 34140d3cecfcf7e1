// The fields of an item's sheet.

import { el } from "/assets/dom.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";
import { categoryName } from "./categories.js";
import { categoriesOf } from "./editor_document.js";
import { LONGEST_LINES, LONGEST_NAME } from "./editor_entry.js";
import { allergenChips, chips, field, foldedAllergens } from "./editor_fields.js";
import { sizeFields } from "./editor_size_fields.js";

/** @typedef {import("./editor_document.js").MenuDocument} MenuDocument */
/** @typedef {import("./editor_draft.js").Entry} Entry */
/** @typedef {(changed: Partial<Entry>) => void} ChangeEntry */

/**
 * @param {MenuDocument} menu
 * @param {Entry} entry
 * @param {ChangeEntry} change
 */
export function itemFields(menu, entry, change) {
  const text = (
    /** @type {"name" | "description" | "category" | "notes" | "prep"} */ name,
    /** @type {Record<string, string | number>} */ props = {},
  ) => {
    const input = el("input", { value: entry[name], autocomplete: "off", ...props });
    input.oninput = () => change({ [name]: input.value });
    return input;
  };
  const categories = categoriesOf(menu).map((id) => el("option", { value: categoryName(id) }));
  const extras = Object.entries(menu.modifiers).map(([id, extra]) => ({
    id,
    name: visible(extra.name),
  }));
  return [
    field("name", t("editor_form.name"), text("name", { maxlength: LONGEST_NAME })),
    field(
      "description",
      t("editor_form.description"),
      text("description", { maxlength: LONGEST_LINES }),
    ),
    field(
      "category",
      t("editor_form.category"),
      text("category", { maxlength: 40, list: "known" }),
    ),
    el("datalist", { id: "known" }, categories),
    sizeFields(menu, entry, change),
    extras.length > 0 &&
      chips(t("editor.extras"), extras, entry.modifiers, (modifiers) => change({ modifiers })),
    allergenChips(t("editor_form.allergens"), entry.allergens, (allergens) =>
      change({ allergens }),
    ),
    foldedAllergens(t("editor_form.may_contain"), entry.may_contain, (may_contain) =>
      change({ may_contain }),
    ),
    field(
      "notes",
      t("editor_form.notes"),
      text("notes", { maxlength: LONGEST_LINES }),
      t("editor_form.notes_hint"),
    ),
    el(
      "div",
      { class: "editor-pair" },
      field(
        "prep_seconds",
        t("editor_form.prep"),
        text("prep", { inputmode: "numeric", maxlength: 4 }),
      ),
      taxField(menu, entry, change),
    ),
  ];
}

/**
 * @param {MenuDocument} menu
 * @param {Entry} entry
 * @param {ChangeEntry} change
 */
function taxField({ tax }, entry, change) {
  if (!tax) return null;
  const options = Object.entries(tax.classes).map(([id, { here, away }]) =>
    el(
      "option",
      { value: id, selected: id === entry.tax },
      here === away
        ? t("editor_form.tax_one", { id, here })
        : t("editor_form.tax_two", { id, here, away }),
    ),
  );
  const select = el("select", {}, options);
  select.onchange = () => change({ tax: select.value });
  return field("tax", t("editor_form.tax"), select);
}
