// The modifiers in an item's sheet: of those in a group one at a time, which can be taken back.

import { el } from "/assets/dom.js";
import { price } from "/assets/format.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";
import { groupName } from "./categories.js";
import { avoided } from "./menu_list.js";

/** @typedef {import("./menu.js").Menu} Menu */
/** @typedef {import("./menu.js").Item} Item */
/** @typedef {import("./menu.js").Modifier} Modifier */
/** @typedef {{one: Modifier, box: HTMLInputElement}} Choice */

/**
 * Offers what a customer can have, and what is chosen already.
 * @param {Menu} menu
 * @param {Item} item
 * @param {string[]} chosen
 * @param {(ids: string[]) => void} choose
 */
export function modifierFields(menu, item, chosen, choose) {
  const avoids = avoided.get();
  const choices = item.modifiers
    .filter(
      ({ id, allergens, may_contain: traces }) =>
        chosen.includes(id) || ![...allergens, ...traces].some((one) => avoids.includes(one)),
    )
    .map((one) => ({ one, box: checkbox(one, chosen.includes(one.id)) }));
  for (const { one, box } of choices) {
    box.addEventListener("change", () => {
      if (box.checked && one.group !== null) takeBack(choices, one);
      choose(choices.filter((each) => each.box.checked).map((each) => each.one.id));
    });
  }
  const groups = new Set(choices.flatMap(({ one }) => one.group ?? []));
  return [...groups, null].map((group) => {
    const offered = choices.filter(({ one }) => one.group === group);
    return offered.length > 0 && fieldset(menu, group, offered);
  });
}

/** @param {string} id of a modifier */
export function goTo(id) {
  document.getElementById(`extra-${id}`)?.focus();
}

/**
 * @param {Choice[]} choices
 * @param {Modifier} kept
 */
function takeBack(choices, { id, group }) {
  for (const { one, box } of choices) if (one.group === group && one.id !== id) box.checked = false;
}

/**
 * @param {Modifier} one
 * @param {boolean} checked
 */
function checkbox(one, checked) {
  const disabled = one.sold_out && !checked;
  return el("input", { id: `extra-${one.id}`, type: "checkbox", checked, disabled });
}

/**
 * @param {Menu} menu
 * @param {string | null} group
 * @param {Choice[]} offered
 */
function fieldset({ currency }, group, offered) {
  const chips = offered.map(({ one, box }) =>
    el(
      "label",
      { class: "chip" },
      box,
      visible(one.name),
      one.price !== 0 && el("small", {}, `+${price(one.price, currency)}`),
    ),
  );
  const name = group === null ? t("menu.extras") : visible(groupName(group));
  return el("fieldset", {}, el("legend", {}, name), el("div", { class: "chips" }, chips));
}
