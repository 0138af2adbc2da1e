// A code as a picture: QR version 6, level M, alphanumeric, four white modules around it.

import { correction, generate, mode } from "/static/vendor/lean-qr/lean-qr-2.7.4.js";

const QUIET = 4;

// One canvas pixel a module; the style sheet makes it large, with sharp edges.
export function draw(canvas, text) {
  const found = generate(mode.alphaNumeric(text), { minCorrectionLevel: correction.M, maxCorrectionLevel: correction.M });
  found.toCanvas(canvas, { on: [0, 0, 0, 255], off: [255, 255, 255, 255], pad: QUIET });
  return found.size;
}
