// Small parts of the editor: thumbnails, buttons that move, and what there is when there is nothing.

import { el, icon } from "/assets/dom.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";

/** @typedef {import("./menu.js").Photo} Photo */

/**
 * @param {string} id
 * @param {string} name
 * @param {{up: boolean, down: boolean}} may
 * @param {(by: number) => void} move
 */
export function moves(id, name, may, move) {
  const button = (/** @type {"up" | "down"} */ way) =>
    el(
      "button",
      {
        id: `${way}-${id}`,
        type: "button",
        class: "plain",
        "aria-label":
          way === "up"
            ? t("editor.up", { name: visible(name) })
            : t("editor.down", { name: visible(name) }),
        "aria-disabled": may[way] ? null : "true",
        onclick: () => may[way] && move(way === "up" ? -1 : 1),
      },
      icon(way),
    );
  return [button("up"), button("down")];
}

/**
 * @param {Photo | null} photo
 * @param {string} [sizes] how wide it is shown
 */
export function thumbnail(photo, sizes = "64px") {
  if (!photo) return el("span", { class: "editor-thumb" }, icon("cup"));
  const { src, srcset, color } = photo;
  const image = el("img", { alt: "", width: 64, height: 64, srcset, sizes, src });
  const frame = el("span", { class: "editor-thumb" }, image);
  frame.style.backgroundColor = color;
  return frame;
}

/** What there is while the shop has never answered. */
export function unreadable() {
  return el(
    "div",
    { class: "empty bad" },
    icon("alert"),
    el("h2", {}, t("editor.unreadable")),
    el("p", {}, t("editor.unreadable_text")),
  );
}

/** @param {string} text */
export function empty(text) {
  return el("div", { class: "empty" }, icon("search"), el("p", {}, text));
}
