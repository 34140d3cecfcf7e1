// Short sounds, made by the browser; a display has them off until somebody asks for them.

import { stored } from "/assets/store.js";

/** Frequencies in hertz, one after the other. */
const MELODIES = {
  ready: [659, 831, 988],
  new: [523],
  changed: [523, 523],
  canceled: [392, 294],
  overdue: [440, 440, 440],
  uncollected: [587, 440],
};
/** @typedef {keyof typeof MELODIES} Melody */

const NOTE_SECONDS = 0.22;
const LOUDNESS = 0.3;

const wanted = stored(
  "sound",
  false,
  /** @returns {read is boolean} */ (read) => typeof read === "boolean",
);
/** @type {AudioContext | null} */
let audio = null;

/**
 * Lets a button switch a display's sounds; the choice is the device's.
 * @param {HTMLButtonElement} button
 */
export function soundSwitch(button) {
  const show = () => button.setAttribute("aria-pressed", String(wanted.get()));
  button.onclick = () => {
    wanted.set(!wanted.get());
    if (wanted.get()) chime("ready");
  };
  wanted.follow(show);
  show();
  unlockByTap(() => wanted.get());
}

/** @param {Melody} melody */
export function chime(melody) {
  if (wanted.get()) void play(melody);
}

/**
 * Plays a melody where the browser allows it.
 * @param {Melody} melody
 */
export async function play(melody) {
  if (!navigator.userActivation.hasBeenActive) return;
  await unlock();
  if (!audio) return;
  for (const [at, frequency] of MELODIES[melody].entries()) {
    const start = audio.currentTime + at * NOTE_SECONDS;
    const tone = new OscillatorNode(audio, { frequency });
    const volume = new GainNode(audio, { gain: 0 });
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(LOUDNESS, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, start + NOTE_SECONDS * 2);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + NOTE_SECONDS * 2);
  }
}

/** Makes ready to play; a browser allows that in answer to a tap or a key. */
export async function unlock() {
  if (!("AudioContext" in globalThis)) return;
  audio ??= new AudioContext();
  await audio.resume();
}

/**
 * A browser lets a page sound only after it was touched: the first tap after a reload will do.
 * @param {() => boolean} isWanted
 */
export function unlockByTap(isWanted) {
  addEventListener("pointerdown", () => isWanted() && void unlock(), { once: true });
}
