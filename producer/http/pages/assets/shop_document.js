// A document of the shop that is changed by version: what others changed meanwhile is kept.

import { request, RequestError, requestVersion } from "/assets/http.js";

/** @typedef {{[name: string]: unknown}} Value */
/** @typedef {{kind: "saved"} | {kind: "meanwhile", merged: any, by: string} | {kind: "refused", error: RequestError}} Outcome */

export class ShopDocument {
  /** @type {any} */
  value = {};
  etag = "";

  /**
   * @param {string} path
   * @param {string} what as the list of changes names it
   */
  constructor(path, what) {
    this.path = path;
    this.what = what;
  }

  async read() {
    const { value, etag } = await requestVersion("GET", this.path);
    this.value = value;
    this.etag = etag;
  }

  /**
   * Saves it if nobody else has; else reads what they have saved, and merges both.
   * @param {Value} mine
   * @returns {Promise<Outcome>}
   */
  async save(mine) {
    try {
      const options = { body: mine, headers: { "If-Match": this.etag } };
      const { value, etag } = await requestVersion("PUT", this.path, options);
      this.value = value;
      this.etag = etag;
      return { kind: "saved" };
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return error.status === 412 ? this.#meanwhile(mine) : { kind: "refused", error };
    }
  }

  /**
   * @param {Value} mine
   * @returns {Promise<Outcome>}
   */
  async #meanwhile(mine) {
    const before = this.value;
    try {
      await this.read();
      if (same(mine, this.value)) return { kind: "saved" }; // its answer was lost
      const { changes } = await request("GET", "/shop/changes?limit=50");
      const last = changes.find((/** @type {{what: string}} */ one) => one.what === this.what);
      return { kind: "meanwhile", merged: merge(before, mine, this.value), by: last?.by ?? "?" };
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return { kind: "refused", error };
    }
  }
}

/**
 * Takes what I changed from mine, and everything else from theirs.
 * @param {any} before
 * @param {any} mine
 * @param {any} theirs
 * @returns {any}
 */
export function merge(before, mine, theirs) {
  if (same(before, mine)) return theirs;
  if (![before, mine, theirs].every(isObject)) return mine;
  const names = new Set([...Object.keys(mine), ...Object.keys(theirs)]);
  const merged = [...names].map((name) => [name, merge(before[name], mine[name], theirs[name])]);
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined));
}

/**
 * @param {unknown} one
 * @param {unknown} other
 */
export function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** @param {unknown} value */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
