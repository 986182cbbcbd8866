/** Canvases: waveform with the attention over it, spectrogram, level of a stream. */

import { spectrogram } from "./spectrum.js";

/** A canvas's context in CSS pixels, cleared, with its width and height. */
function fresh(canvas) {
  const scale = Math.min(2, window.devicePixelRatio || 1);
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  return { pen, width, height };
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** The least and largest sample of each of `columns` parts, (low, high) pairs. */
export function peaks(samples, columns) {
  const found = new Float32Array(2 * columns);
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * samples.length) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * samples.length) / columns));
    let [low, high] = [Infinity, -Infinity];
    for (let i = from; i < to && i < samples.length; i++) {
      if (samples[i] < low) low = samples[i];
      if (samples[i] > high) high = samples[i];
    }
    found.set(Number.isFinite(low) ? [low, high] : [0, 0], 2 * column);
  }
  return found;
}

/**
 * The waveform, as high as the picture, and the attention over it.
 *
 * @param {?{weights: number[], hop: number}} attention a weight a frame, and seconds a frame.
 */
export function drawWave(canvas, samples, duration, attention) {
  const { pen, width, height } = fresh(canvas);
  const columns = Math.max(1, Math.floor(width / 2));
  const ends = peaks(samples, columns);
  const loudest = Math.max(0.02, ...ends.map(Math.abs));
  const middle = height / 2;
  pen.fillStyle = colour("--wave");
  for (let column = 0; column < columns; column++) {
    const top = middle - (ends[2 * column + 1] / loudest) * (middle - 4);
    const bottom = middle - (ends[2 * column] / loudest) * (middle - 4);
    pen.fillRect((column * width) / columns, top, 1.4, Math.max(1, bottom - top));
  }
  if (attention) drawAttention(pen, width, height, duration, attention);
}

function drawAttention(pen, width, height, duration, { weights, hop }) {
  const most = Math.max(...weights);
  if (!(most > 0)) return;
  const y = (weight) => height - 2 - (weight / most) * (height - 8);
  const x = (frame) => Math.min(width, ((frame + 0.5) * hop * width) / duration);
  const line = new Path2D();
  weights.forEach((weight, i) => (i ? line.lineTo(x(i), y(weight)) : line.moveTo(x(i), y(weight))));
  const area = new Path2D(line);
  area.lineTo(x(weights.length - 1), height);
  area.lineTo(x(0), height);
  pen.fillStyle = colour("--attention-area");
  pen.fill(area);
  pen.strokeStyle = colour("--attention");
  pen.lineWidth = 1.75;
  pen.lineJoin = "round";
  pen.stroke(line);
}

/** The spectrogram, low pitch at the bottom. */
export function drawSpectrogram(canvas, samples) {
  const { pen, width, height } = fresh(canvas);
  const columns = Math.max(1, Math.min(700, Math.floor(width)));
  const rows = Math.min(96, Math.floor(height));
  const levels = spectrogram(samples, columns, rows);
  const shades = palette();
  const image = new ImageData(columns, rows);
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      const shade = shades[Math.round(255 * levels[column * rows + row])];
      image.data.set(shade, 4 * ((rows - 1 - row) * columns + column));
    }
  }
  const small = new OffscreenCanvas(columns, rows);
  small.getContext("2d").putImageData(image, 0, 0);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(small, 0, 0, width, height);
}

/** The level of a stream: `levels` 0–1, the newest at the right edge, `most` of them a picture. */
export function drawLevels(canvas, levels, most) {
  const { pen, width, height } = fresh(canvas);
  const step = width / most;
  pen.fillStyle = colour("--wave");
  levels.forEach((level, i) => {
    const high = Math.max(1, level * (height - 4));
    const x = width - (levels.length - i) * step;
    pen.fillRect(x, (height - high) / 2, Math.max(1, step - 0.8), high);
  });
}

/** 256 colours (r, g, b, a) between those that the style sheet names. */
function palette() {
  const stops = [0, 1, 2, 3, 4].map((i) => {
    const text = colour(`--sound-${i}`);
    return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
  });
  return Array.from({ length: 256 }, (_, i) => {
    const at = (i / 255) * (stops.length - 1);
    const below = Math.min(Math.floor(at), stops.length - 2);
    const mixed = stops[below].map((c, k) => c + (at - below) * (stops[below + 1][k] - c));
    return [...mixed.map(Math.round), 255];
  });
}
