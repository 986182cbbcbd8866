/** Samples → how strong each pitch is over time: a spectrogram on the mel scale, by our own FFT. */

const SIZE = 512; // 32 ms at 16 kHz
const RANGE_DB = 70;

/**
 * Levels 0–1 (columns × rows, row 0 lowest), 1 being the loudest and 0 what is 70 dB below it.
 *
 * @param {Float32Array} samples mono, 16 kHz.
 */
export function spectrogram(samples, columns, rows) {
  const bins = melBins(rows);
  const levels = new Float32Array(columns * rows);
  let loudest = -Infinity;
  for (let column = 0; column < columns; column++) {
    const middle = Math.round(((column + 0.5) * samples.length) / columns);
    const power = powerAt(samples, middle - SIZE / 2);
    for (let row = 0; row < rows; row++) {
      const level = 10 * Math.log10(between(power, bins[row]) + 1e-13);
      levels[column * rows + row] = level;
      loudest = Math.max(loudest, level);
    }
  }
  const top = Math.max(loudest, -40); // what is nearly silent is not blown up
  return levels.map((level) => Math.max(0, 1 + (level - top) / RANGE_DB));
}

/** Where in the spectrum each row lies: from 60 Hz to 8 kHz, even in mel. */
function melBins(rows) {
  const mel = (hertz) => 2595 * Math.log10(1 + hertz / 700);
  const [low, high] = [mel(60), mel(8000)];
  return Array.from({ length: rows }, (_, row) => {
    const hertz = 700 * (10 ** ((low + ((high - low) * (row + 0.5)) / rows) / 2595) - 1);
    return (hertz * SIZE) / 16000;
  });
}

function between(power, bin) {
  const below = Math.min(Math.floor(bin), power.length - 2);
  const share = bin - below;
  return (1 - share) * power[below] + share * power[below + 1];
}

const hann = Float32Array.from(
  { length: SIZE },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SIZE),
);

/** Power (SIZE / 2 + 1,) of the Hann window that begins at `start`, with silence around the clip. */
function powerAt(samples, start) {
  const real = new Float32Array(SIZE);
  const imaginary = new Float32Array(SIZE);
  for (let i = 0; i < SIZE; i++) real[i] = (samples[start + i] ?? 0) * hann[i];
  fft(real, imaginary);
  return real.slice(0, SIZE / 2 + 1).map((re, i) => re * re + imaginary[i] * imaginary[i]);
}

/** The discrete Fourier transform in place (Cooley & Tukey 1965); the length is a power of two. */
export function fft(real, imaginary) {
  const N = real.length;
  for (let i = 1, j = 0; i < N; i++) {
    let bit = N >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j], real[i]];
      [imaginary[i], imaginary[j]] = [imaginary[j], imaginary[i]];
    }
  }
  for (let half = 1; half < N; half *= 2) {
    for (let k = 0; k < half; k++) {
      const angle = (-Math.PI * k) / half;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      for (let at = k; at < N; at += 2 * half) {
        const other = at + half;
        const re = real[other] * c - imaginary[other] * s;
        const im = real[other] * s + imaginary[other] * c;
        real[other] = real[at] - re;
        imaginary[other] = imaginary[at] - im;
        real[at] += re;
        imaginary[at] += im;
      }
    }
  }
}
