// What a page keeps in the browser, through reloads and between tabs. What was stored by another
// release, or by somebody's hand, is checked before it is used.

/**
 * @template Value
 * @typedef {object} Stored
 * @property {() => Value} get
 * @property {(value: Value) => void} set
 * @property {() => void} clear
 * @property {(listener: (value: Value) => void) => () => void} follow calls with each change, of
 *   other tabs too; returns what ends that
 */

/**
 * Keeps a value under a name; `isValid` tells whether something that was read is one.
 * @template Value
 * @param {string} name
 * @param {Value} initial
 * @param {(read: unknown) => read is Value} isValid
 * @param {Storage | null} [storage]
 * @returns {Stored<Value>}
 */
export function stored(name, initial, isValid, storage = usable()) {
  const key = `coffee:${name}`;
  /** @type {Set<(value: Value) => void>} */
  const listeners = new Set();
  let value = parsed(read(storage, key), initial, isValid);

  const change = (/** @type {Value} */ next) => {
    value = next;
    for (const listener of listeners) listener(value);
  };
  globalThis.addEventListener("storage", (event) => {
    if (event.storageArea === storage && (event.key === key || event.key === null)) {
      change(parsed(event.newValue, initial, isValid));
    }
  });
  return {
    get: () => value,
    set(next) {
      write(storage, key, JSON.stringify(next));
      change(next);
    },
    clear() {
      write(storage, key, null);
      change(initial);
    },
    follow(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * Returns the browser's storage, or null where it lets pages store nothing.
 * @returns {Storage | null}
 */
function usable() {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}

/**
 * @param {Storage | null} storage
 * @param {string} key
 */
function read(storage, key) {
  try {
    return storage?.getItem(key) ?? null;
  } catch {
    return null;
  }
}

/**
 * Stores a text; where that is not possible, the value lives as long as the page does.
 * @param {Storage | null} storage
 * @param {string} key
 * @param {string | null} text
 */
function write(storage, key, text) {
  try {
    if (text === null) storage?.removeItem(key);
    else storage?.setItem(key, text);
  } catch {
    // full, or forbidden
  }
}

/**
 * @template Value
 * @param {string | null} text
 * @param {Value} initial
 * @param {(read: unknown) => read is Value} isValid
 * @returns {Value}
 */
function parsed(text, initial, isValid) {
  if (text === null) return initial;
  try {
    const value = JSON.parse(text);
    return isValid(value) ? value : initial;
  } catch {
    return initial;
  }
}
