// The sizes of an item with their prices: rows that come and go.

import { el, fill, icon } from "/assets/dom.js";
import { t } from "/assets/text.js";
import { LONGEST_NAME } from "./editor_entry.js";
import { errorOf } from "./editor_fields.js";

/** @typedef {import("./editor_document.js").MenuDocument} MenuDocument */
/** @typedef {import("./editor_draft.js").Entry} Entry */
/** @typedef {import("./editor_draft.js").SizeEntry} SizeEntry */
/** @typedef {(changed: Partial<Entry>) => void} ChangeEntry */

/**
 * @param {MenuDocument} menu
 * @param {Entry} entry
 * @param {ChangeEntry} change
 */
export function sizeFields(menu, entry, change) {
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
