// Moves that follow one another: shown at once, and sent as one change when they are over.

/** @typedef {import("./editor_document.js").Change} Change */
/** @typedef {import("./editor_state.js").EditorState} EditorState */

const QUIET_MS = 1500;

export class Moves {
  /** @type {Change[]} */
  #made = [];
  #timer = 0;
  #over = () => {
    // nothing has been moved yet
  };

  /**
   * @param {EditorState} state
   * @param {(change: Change, after: Promise<void>) => unknown} make shows a change, and sends it later
   */
  constructor(state, make) {
    this.state = state;
    this.make = make;
    addEventListener("pagehide", () => this.send());
  }

  /** @param {Change} move */
  add(move) {
    this.#made.push(move);
    if (this.#made.length === 1) this.#begin();
    else this.state.showNow(move);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.send(), QUIET_MS);
  }

  /** Sends what was moved at once. */
  send() {
    this.#over();
  }

  #begin() {
    const moves = this.#made;
    /** @type {Promise<void>} */
    const over = new Promise((resolve) => {
      this.#over = () => {
        this.#made = [];
        resolve();
      };
    });
    this.make((menu) => moves.reduce((moved, move) => move(moved), menu), over);
  }
}
