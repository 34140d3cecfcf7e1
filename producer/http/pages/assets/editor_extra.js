// The sheet of an extra.

import { el } from "/assets/dom.js";
import { t } from "/assets/text.js";
import { groupName } from "./categories.js";
import { groupsOf, newId, plainId, withoutExtra } from "./editor_document.js";
import { allergenChips, field, foldedAllergens } from "./editor_fields.js";
import { priceOf, priceText } from "./editor_prices.js";
import { nameInput, needed, smallSheet } from "./editor_small.js";

/** @typedef {import("./editor_document.js").MenuDocument} MenuDocument */
/** @typedef {import("./editor_document.js").Extra} Extra */
/** @typedef {import("./editor_state.js").EditorState} EditorState */

/** @type {Extra} */
const NEW = { name: "", price: 0, allergens: [], may_contain: [], replaces: [], group: null };

/**
 * @param {EditorState} state
 * @param {string | null} id null for a new one
 */
export async function editExtra(state, id) {
  const menu = /** @type {MenuDocument} */ (state.menu);
  const extra = id === null ? null : menu.modifiers[id];
  let typed = extra ?? NEW;
  const name = nameInput(typed.name);
  const amount = el("input", {
    inputmode: "decimal",
    autocomplete: "off",
    maxlength: 12,
    value: extra ? priceText(extra.price, menu.currency) : "",
  });
  const group = nameInput(typed.group === null ? "" : groupName(typed.group));
  group.setAttribute("list", "groups");
  let key = id ?? "";
  await smallSheet(state, {
    title: extra?.name ?? t("editor.add_extra"),
    fields: [
      field("name", t("editor_form.name"), name),
      field("price", t("editor_form.extra_price", { currency: menu.currency }), amount),
      field("group", t("editor_form.group"), group, t("editor_form.group_hint")),
      groupList(menu),
      ...allergenFields(typed, (changed) => {
        typed = { ...typed, ...changed };
      }),
    ],
    faults: () => ({
      ...needed(name),
      ...(priceOf(amount.value, menu.currency) === null && {
        price: t("editor_form.no_price", { example: priceText(50, menu.currency) }),
      }),
      ...(group.value.trim() &&
        !groupId(menu, group.value) && {
          group: t("editor_form.no_category"),
        }),
    }),
    prefix: () => `/modifiers/${key}/`,
    part: (current) => current.modifiers[key],
    change: (current) => {
      // A new one keeps its id: if an answer was lost, it is on the menu already.
      key ||= newId(name.value, current.modifiers, "extra");
      const price = priceOf(amount.value, menu.currency) ?? 0;
      const words = { name: name.value.trim(), group: groupId(current, group.value) || null };
      return {
        ...current,
        modifiers: { ...current.modifiers, [key]: { ...typed, ...words, price } },
      };
    },
    remove: id === null ? null : withoutExtra(id),
  });
}

/**
 * @param {Extra} extra
 * @param {(changed: Partial<Extra>) => void} change
 */
function allergenFields({ allergens, may_contain: traces, replaces }, change) {
  return [
    allergenChips(t("editor_form.allergens"), allergens, (ids) => change({ allergens: ids })),
    foldedAllergens(t("editor_form.may_contain"), traces, (ids) => change({ may_contain: ids })),
    foldedAllergens(t("editor_form.replaces"), replaces, (ids) => change({ replaces: ids })),
  ];
}

/** @param {MenuDocument} menu */
function groupList(menu) {
  const ids = new Set(["milk", ...groupsOf(menu)]);
  const options = [...ids].map((id) => el("option", { value: groupName(id) }));
  return el("datalist", { id: "groups" }, options);
}

/**
 * Finds the group that is meant by its name, or makes its id; empty when there is none in it.
 * @param {MenuDocument} menu
 * @param {string} typed
 */
function groupId(menu, typed) {
  const name = typed.trim().toLowerCase();
  const known = ["milk", ...groupsOf(menu)];
  return known.find((id) => groupName(id).toLowerCase() === name) ?? plainId(typed);
}
