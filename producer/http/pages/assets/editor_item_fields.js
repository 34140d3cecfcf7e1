// The fields of an item's sheet.

import { el, fill, icon } from "/assets/dom.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";
import { categoryName } from "./categories.js";
import { categoriesOf } from "./editor_document.js";
import { LONGEST_LINES, LONGEST_NAME } from "./editor_entry.js";
import { allergenChips, chips, errorOf, field } from "./editor_fields.js";

/** @typedef {import("./editor_document.js").MenuDocument} MenuDocument */
/** @typedef {import("./editor_draft.js").Entry} Entry */
/** @typedef {import("./editor_draft.js").SizeEntry} SizeEntry */
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
    allergenChips(entry.allergens, (allergens) => change({ allergens })),
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

/**
 * Sizes with their prices: rows that come and go.
 * @param {MenuDocument} menu
 * @param {Entry} entry
 * @param {ChangeEntry} change
 */
function sizeFields(menu, entry, change) {
  let sizes = entry.sizes;
  const list = el("ul", { class: "editor-sizes" });
  const set = (/** @type {SizeEntry[]} */ next) => {
    sizes = next;
    change({ sizes });
  };
  const draw = () => {
    const rows = sizes.map((size, at) =>
      sizeRow(
        size,
        at,
        (changed) => set(sizes.map((one, place) => (place === at ? { ...one, ...changed } : one))),
        () => {
          set(sizes.filter((_, place) => place !== at));
          draw();
          add.focus();
        },
      ),
    );
    fill(list, rows);
  };
  const add = el("button", { type: "button", class: "quiet" }, icon("plus"), t("editor_form.more"));
  add.onclick = () => {
    const used = new Set(sizes.map(({ name }) => name));
    const name = Object.values(menu.sizes).find((one) => !used.has(one)) ?? "";
    set([...sizes, { id: "", name, price: "" }]);
    draw();
    list.lastElementChild?.querySelector("input")?.focus();
  };
  draw();
  const known = Object.values(menu.sizes).map((name) => el("option", { value: name }));
  return el(
    "fieldset",
    {},
    el("legend", {}, t("editor_form.prices", { currency: menu.currency })),
    el("datalist", { id: "known-sizes" }, known),
    list,
    errorOf("sizes"),
    add,
  );
}

/**
 * @param {SizeEntry} size
 * @param {number} at
 * @param {(changed: Partial<SizeEntry>) => void} change
 * @param {() => void} remove
 */
function sizeRow(size, at, change, remove) {
  const input = (
    /** @type {"name" | "price"} */ name,
    /** @type {Record<string, string | number>} */ props,
  ) => {
    const id = `size-${at}-${name}`;
    const box = el("input", {
      id,
      value: size[name],
      autocomplete: "off",
      "aria-describedby": `${id}-error`,
      ...props,
    });
    box.oninput = () => change({ [name]: box.value });
    return box;
  };
  const name = input("name", {
    "aria-label": t("editor_form.size"),
    maxlength: LONGEST_NAME,
    list: "known-sizes",
  });
  const price = input("price", {
    "aria-label": t("editor_form.price", { size: size.name }),
    inputmode: "decimal",
    maxlength: 12,
  });
  const gone = el(
    "button",
    { type: "button", class: "plain", "aria-label": t("editor_form.less", { size: size.name }) },
    icon("close"),
  );
  gone.onclick = remove;
  return el(
    "li",
    {},
    name,
    price,
    gone,
    errorOf(`sizes/${at}/name`, name),
    errorOf(`sizes/${at}/price`, price),
  );
}
