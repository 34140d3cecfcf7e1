// A list of numbers that fills its place: what does not fit comes on pages that take turns.

import { fill } from "/assets/dom.js";
import { t } from "/assets/text.js";

const TURN_MS = 8000;

export class NumberPages {
  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} place where it says which page this is
   */
  constructor(list, place) {
    this.list = list;
    this.place = place;
    /** @type {HTMLElement[]} */
    this.items = [];
    this.page = 0;
    this.room = 1;
    new ResizeObserver(() => this.measure()).observe(list);
    setInterval(() => this.turn(1), TURN_MS);
  }

  /**
   * Shows other items, from the first page on if `fromStart`.
   * @param {HTMLElement[]} items
   */
  show(items, fromStart = false) {
    this.items = items;
    const longest = Math.max(3, ...items.map((item) => item.textContent.length));
    this.list.style.setProperty("--digits", String(longest));
    if (fromStart) this.page = 0;
    this.measure();
  }

  /** Counts how many fit; the list itself is never wider or higher than its place. */
  measure() {
    const first = this.items[0];
    if (!first) {
      this.turn(0);
      return;
    }
    if (!first.isConnected) fill(this.list, first);
    const style = getComputedStyle(this.list);
    const [columnGap, rowGap] = [parseFloat(style.columnGap), parseFloat(style.rowGap)];
    const { width, height } = first.getBoundingClientRect();
    const columns = Math.floor((this.list.clientWidth + columnGap + 1) / (width + columnGap));
    const rows = Math.floor((this.list.clientHeight + rowGap + 1) / (height + rowGap));
    this.room = Math.max(1, columns) * Math.max(1, rows);
    this.turn(0);
  }

  /** @param {number} by */
  turn(by) {
    const pages = Math.max(1, Math.ceil(this.items.length / this.room));
    this.page = (this.page + by) % pages;
    const start = this.page * this.room;
    const shown = this.items.slice(start, start + this.room);
    const isSame =
      shown.length === this.list.children.length &&
      shown.every((item, at) => item === this.list.children[at]);
    if (!isSame) fill(this.list, shown);
    this.place.textContent =
      pages > 1 ? t("board.page", { page: this.page + 1, pages, count: this.items.length }) : "";
  }
}
