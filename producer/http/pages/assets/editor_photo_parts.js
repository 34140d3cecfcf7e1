// A photo before it is sent, and why one was refused.

import { el } from "/assets/dom.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";

const PREVIEW_WIDTH = 320;
/** Why a photo is refused, as the shop begins to say it. */
const REASONS = /** @type {const} */ ({
  "the picture is too small": "editor_photo.why_small",
  "the picture is too long": "editor_photo.why_narrow",
  "the picture is too large": "editor_photo.why_large",
  "the file is larger": "editor_photo.too_large",
  "the file is empty": "editor_photo.why_broken",
  "the file is cut off": "editor_photo.why_broken",
  "the picture cannot be read": "editor_photo.why_broken",
  "this is": "editor_photo.why_kind",
});

/**
 * Draws a file before it is sent: on a canvas, since the policy allows no other address.
 * @param {File} file
 * @returns {Promise<HTMLCanvasElement | null>} null when the browser cannot read it
 */
export async function preview(file) {
  const options = { resizeWidth: PREVIEW_WIDTH, resizeQuality: /** @type {const} */ ("medium") };
  const bitmap = await createImageBitmap(file, options).catch(() => null);
  if (!bitmap) return null;
  const { width, height } = bitmap;
  const canvas = el("canvas", { class: "editor-thumb", width, height });
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  return canvas;
}

/**
 * Says why a photo was refused, in the language of the page where the reason is a known one.
 * @param {string} reason
 */
export function reasonText(reason) {
  const known = Object.entries(REASONS).find(([beginning]) => reason.startsWith(beginning));
  return known ? t(known[1]) : visible(reason);
}
