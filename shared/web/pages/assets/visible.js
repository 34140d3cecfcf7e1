// Shows each character that would reorder a line or stay unseen as what it is, as in \u202e.
// `shared/domain/visible_text.py` does the same for terminals; a test compares them.

/* eslint-disable no-control-regex, no-misleading-character-class -- they are what it finds */
const SUSPECT =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\u{e0000}-\u{e00ff}\u{e01f0}-\u{e0fff}]/u;
/* eslint-enable no-control-regex, no-misleading-character-class */
const JOINERS = "\u200c\u200d";
/** @type {Record<string, string>} */
const SHORT = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/**
 * @param {string} text
 * @returns {string}
 */
export function visible(text) {
  const characters = Array.from(text);
  return characters
    .map((character, at) => {
      if (!SUSPECT.test(character)) return character;
      const joins =
        JOINERS.includes(character) && isSeen(characters[at - 1]) && isSeen(characters[at + 1]);
      return joins ? character : (SHORT[character] ?? escaped(character.codePointAt(0) ?? 0));
    })
    .join("");
}

function isSeen(beside = "") {
  return beside > "\x7f" && !SUSPECT.test(beside);
}

/** @param {number} code */
function escaped(code) {
  const digits = code.toString(16);
  if (code < 0x100) return `\\x${digits.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
}
