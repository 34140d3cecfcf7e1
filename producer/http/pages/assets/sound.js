// Short sounds, made by the browser; off until somebody asks for them.

import { stored } from "/assets/store.js";

/** @type {Record<string, number[]>} Frequencies, one after the other. */
const MELODIES = { ready: [659, 880], new: [523], canceled: [392, 294] };
const NOTE_SECONDS = 0.22;

const wanted = stored("sound", false, (read) => typeof read === "boolean");
/** @type {AudioContext | null} */
let audio = null;

/**
 * Lets a button switch the sounds.
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
  // A browser plays nothing before its page was touched once.
  addEventListener("pointerdown", () => void awake(), { once: true });
}

/** @param {keyof MELODIES & string} melody */
export function chime(melody) {
  if (wanted.get()) void play(MELODIES[melody] ?? []);
}

async function awake() {
  if (!wanted.get() || !("AudioContext" in globalThis)) return;
  audio ??= new AudioContext();
  await audio.resume();
}

/** @param {number[]} melody */
async function play(melody) {
  if (!navigator.userActivation.hasBeenActive) return;
  await awake();
  if (!audio) return;
  for (const [at, frequency] of melody.entries()) {
    const start = audio.currentTime + at * NOTE_SECONDS;
    const tone = new OscillatorNode(audio, { frequency });
    const volume = new GainNode(audio, { gain: 0 });
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.25, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, start + NOTE_SECONDS * 2);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + NOTE_SECONDS * 2);
  }
}
