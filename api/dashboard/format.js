// Text for numbers and times. Numbers come as decimal strings with every digit and are never turned into floats:
// what is rounded for the eye is rounded in decimal, and a price that is not zero never looks like zero.

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";
const MANY_ZEROS = 6; // from here on they are counted, not written out
const NONE = "–";

/** Split a decimal string into sign, digits and the number of them after the point. */
function parse(text) {
  const negative = text.startsWith("-");
  const [whole, fraction = ""] = (negative ? text.slice(1) : text).split(".");
  return { negative, digits: BigInt(whole + fraction), scale: fraction.length };
}

/** Round half up to `places` after the point; returns the digits at exactly that scale. */
function round({ digits, scale }, places) {
  if (scale <= places) return digits * 10n ** BigInt(places - scale);
  const unit = 10n ** BigInt(scale - places);
  return (digits + unit / 2n) / unit;
}

function grouped(digits) {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Digits at a scale as text: 1234567 at 2 is 12,345.67. */
function place(digits, places) {
  const text = digits.toString().padStart(places + 1, "0");
  const whole = grouped(text.slice(0, text.length - places));
  return places ? `${whole}.${text.slice(-places)}` : whole;
}

/** How many zeros stand between the point and the first other digit; -1 for 1 and more, null for zero. */
function leadingZeros({ digits, scale }) {
  if (digits === 0n) return null;
  const length = digits.toString().length;
  return length > scale ? -1 : scale - length;
}

/** A price: 64,231.12 · 1.0002 · 0.4471 · 0.00001752 · 0.0₈1612 (eight zeros, then 1612). */
export function price(text) {
  if (text === null) return NONE;
  const number = parse(text);
  const sign = number.negative ? "−" : "";
  const zeros = leadingZeros(number);
  if (zeros === null) return "$0";
  if (zeros < 0) {
    const places = number.digits.toString().length - number.scale > 1 ? 2 : 4;
    return `${sign}$${place(round(number, places), places)}`;
  }
  const places = zeros + 4;
  const rounded = round(number, places);
  const left = leadingZeros({ digits: rounded, scale: places }); // one less where rounding carried
  if (left < MANY_ZEROS) return `${sign}$${place(rounded, places)}`;
  const counted = [...String(left)].map((digit) => SUBSCRIPTS[Number(digit)]).join("");
  return `${sign}$0.0${counted}${rounded.toString().replace(/0+$/, "")}`;
}

/** An amount of dollars, short: $1.260T · $400.0B · $12,345. */
export function amount(text) {
  if (text === null) return NONE;
  const number = parse(text);
  const sign = number.negative ? "−" : "";
  const length = number.digits.toString().length - number.scale;
  for (const [unit, power] of [["T", 12], ["B", 9], ["M", 6]]) {
    if (length > power) {
      const places = Math.max(0, 3 - (length - power));
      const scaled = { digits: number.digits, scale: number.scale + power };
      return `${sign}$${place(round(scaled, places), places)}${unit}`;
    }
  }
  return length > 3 ? `${sign}$${place(round(number, 0), 0)}` : price(text);
}

/** A change: +2.50 % as text and its direction. */
export function change(text) {
  if (text === null) return { text: NONE, direction: "none" };
  const number = parse(text);
  const rounded = round(number, 2);
  if (rounded === 0n) return { text: "0.00%", direction: "none" };
  return { text: `${number.negative ? "−" : "+"}${place(rounded, 2)}%`, direction: number.negative ? "down" : "up" };
}

/** The exact value for a tooltip: every digit, grouped. */
export function exact(text, unit = "US$ ") {
  if (text === null) return "No value";
  const { negative } = parse(text);
  const [whole, fraction] = text.replace("-", "").split(".");
  return `${unit}${negative ? "−" : ""}${grouped(whole)}${fraction ? "." + fraction : ""}`;
}

/** A whole number with separators. */
export function count(number) {
  return grouped(String(number));
}

/** How long ago: "12 s ago", "3 min ago", "2 h ago", "5 days ago". */
export function ago(time, now = Date.now()) {
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 2 * 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} days ago`;
}

/** A duration in seconds: "8.4 s", "2 min 5 s", "3 h", "599 days". */
export function duration(seconds) {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return seconds < 2 * 86400 ? `${Math.floor(seconds / 3600)} h` : `${count(Math.floor(seconds / 86400))} days`;
}

/** A moment in the reader's own time zone, spelled out. */
export function moment(time) {
  return new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
}

/** Since when, as briefly as is clear: "14:05", or with the date when that was not today. */
export function since(time, now = new Date()) {
  const start = new Date(time);
  const today = start.toDateString() === now.toDateString();
  return start.toLocaleString(undefined, today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}

// Letters, digits, punctuation, signs; not those of them that show nothing (fillers of Hangul, Khmer and Braille)
const VISIBLE = /(?![\u115F\u1160\u17B4\u17B5\u2800\u3164\uFFA0])[\p{L}\p{N}\p{P}\p{S}]/u;

/** The first of some texts in which there is anything to see; empty for none. */
export function label(...texts) {
  return texts.find((text) => VISIBLE.test(text ?? "")) ?? "";
}

const NAMES = { coingecko: "CoinGecko", coinpaprika: "CoinPaprika", csv: "CSV files", rss: "News feeds" };

/** What a source is called. */
export function sourceName(source) {
  return NAMES[source] ?? source.replace(/^csv:/, "CSV ");
}

/** How the end of a run looks, and what it is called. */
export const OUTCOMES = { success: "good", running: "quiet", never_run: "quiet", partial: "warn", failed: "bad", crashed: "bad" };
export const WORDS = { success: "Succeeded", running: "Running", partial: "Partly failed", failed: "Failed", crashed: "Crashed", never_run: "Has not run yet" };

/** A part of one as per cent: 0.9876 is 98.8 %. */
export function percent(text) {
  return text === null ? NONE : `${(Number(text) * 100).toFixed(1)} %`;
}

/** A day, or with `clock` a time of it, in the reader's own time zone. */
export function when(time, clock = false) {
  const style = clock ? { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } : { dateStyle: "medium" };
  return new Date(time).toLocaleString(undefined, style);
}
