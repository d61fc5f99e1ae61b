// Numbers as core/formats.py writes them, and the ticks of axes.

const MINUS = "\u2212";
const NONE = "\u2013";
const SUPERSCRIPT = { "-": "\u207b", 0: "\u2070", 1: "\u00b9", 2: "\u00b2", 3: "\u00b3" };

/** A number with so many decimals: a real minus, thousands apart, no negative zero. */
export function fixed(value, decimals) {
  if (Number.isNaN(value)) return NONE;
  if (!Number.isFinite(value)) return value > 0 ? "\u221e" : `${MINUS}\u221e`;
  const text = Math.abs(value).toFixed(decimals);
  const [whole, part] = text.split(".");
  const spaced = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const sign = value < 0 && /[1-9]/.test(text) ? MINUS : "";
  return sign + spaced + (part ? `.${part}` : "");
}

/** A number with so many significant digits; whole numbers keep all of theirs. */
export function number(value, digits = 3) {
  if (!Number.isFinite(value) || value === 0) return fixed(value, 0);
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e7) {
    const [mantissa, power] = value.toExponential(Math.max(digits - 1, 0)).split("e");
    return `${mantissa.replace("-", MINUS)}${tenTo(Number(power))}`;
  }
  return fixed(value, Math.max(digits - 1 - Math.floor(Math.log10(size)), 0));
}

/** A power of ten as a factor. */
export function tenTo(power) {
  const raised = Array.from(String(power), (d) => SUPERSCRIPT[d] ?? String.fromCharCode(0x2070 + Number(d)));
  return `\u00d710${raised.join("")}`;
}

/**
 * The power of ten in which some numbers are short: 0, or a multiple of 3 where all of them
 * are tiny, or where the largest is huge and they differ by more than a thousandth of it.
 */
export function powerFor(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const v of values) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  const largest = Math.max(Math.abs(low), Math.abs(high));
  if (!(largest > 0 && largest < Infinity)) return 0;
  const isHuge = largest >= 1e6 && (high - low || largest) >= 1e-3 * largest;
  return isHuge || largest < 1e-3 ? 3 * Math.floor(Math.log10(largest) / 3) : 0;
}

/** Decimals that show the spread of some numbers to so many digits (0 to 6). */
export function decimalsFor(values, digits = 2) {
  const known = values.filter(Number.isFinite);
  if (!known.length) return 0;
  const low = Math.min(...known);
  const high = Math.max(...known);
  const spread = high - low || Math.max(Math.abs(low), Math.abs(high));
  if (spread === 0) return 0;
  return Math.min(Math.max(digits - 1 - Math.floor(Math.log10(spread)), 0), 6);
}

/** A share as whole per cent; never a false 0 or 100. */
export function percent(share) {
  if (Number.isNaN(share)) return NONE;
  if (share > 0 && share < 0.005) return "<1%";
  if (share > 0.995 && share < 1) return ">99%";
  return `${fixed(100 * share, 0)}%`;
}

/** A text cut to a length, by code points. */
export function shorten(text, length) {
  const letters = Array.from(text);
  return letters.length <= length ? text : `${letters.slice(0, length - 1).join("")}\u2026`;
}

/** Round ticks inside [low, high], about so many, in units of `powerFor` both ends. */
export function ticks(low, high, about) {
  const unit = 10 ** powerFor([low, high]);
  return plainTicks(low / unit, high / unit, about).map(({ value, text }) => ({ value: value * unit, text }));
}

/** The title of an axis, with the power of ten that its ticks leave out. */
export function titled(title, limits) {
  const power = powerFor(limits);
  return power === 0 ? title : `${title}, ${tenTo(power)}`;
}

function plainTicks(low, high, about) {
  const raw = (high - low) / Math.max(about, 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= raw * 0.999);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const out = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) {
    out.push({ value: i * step, text: fixed(i * step, decimals) });
  }
  return out;
}

/** Ticks of a logarithmic axis: 1, 3, 10, 30 ... or powers of ten. */
export function logTicks(low, high, about) {
  const out = [];
  const span = Math.log10(high / low);
  const parts = span > about ? [1] : span > 0.6 * about ? [1, 3] : [1, 2, 5];
  for (let p = Math.floor(Math.log10(low)); p <= Math.ceil(Math.log10(high)); p++) {
    for (const m of parts) {
      const value = m * 10 ** p;
      if (value >= low * 0.999 && value <= high * 1.001) out.push({ value, text: number(value, 1) });
    }
  }
  return out;
}

/** The range for the bulk of some values, with all of `always` inside and a margin. */
export function crowdRange(crowd, always, share = 0.96, pad = 0.07) {
  const known = Float64Array.from(crowd.filter(Number.isFinite)).sort();
  const inside = Array.from(always.filter(Number.isFinite));
  let low = Infinity;
  let high = -Infinity;
  for (const v of inside) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  if (known.length) {
    const [first, last] = [known[0], known.at(-1)];
    const tail = (1 - share) / 2;
    const from = Math.min(low, quantile(known, tail));
    const to = Math.max(high, quantile(known, 1 - tail));
    const whole = Math.max(last, high) - Math.min(first, low);
    if (whole <= 1.25 * (to - from)) {
      low = Math.min(first, low);
      high = Math.max(last, high);
    } else {
      low = from;
      high = to;
    }
  }
  if (!(high >= low)) return [0, 1];
  const margin = pad * (high - low) || 0.5 * Math.abs(high) || 0.5;
  return [low - margin, high + margin];
}

export function quantile(sorted, p) {
  const at = p * (sorted.length - 1);
  const i = Math.floor(at);
  const next = Math.min(i + 1, sorted.length - 1);
  return sorted[i] + (at - i) * (sorted[next] - sorted[i]);
}

/**
 * The sum of a receipt in numbers that add up as they are shown.
 * Finds the fewest digits with which target + sum(weight * apart), computed from the displayed
 * numbers, rounds to the displayed result: more of the distances and weights first, then of
 * the result. `digits` are those of the weights, `decimals` of the distances (`start`, of the
 * target and the result).
 */
export function recombine(row, { own, target, weights, result, decimals }) {
  for (let more = 0; more <= 6; more++) {
    const start = decimals[row] + more;
    const base = rounded(target[row], start);
    const wanted = rounded(result, start);
    for (let extra = 0; extra <= 9; extra++) {
      const shown = decimals.map((d) => Math.min(d + extra, 12));
      const apart = own.map((o, b) => rounded(rounded(o, shown[b]) - rounded(target[b], shown[b]), shown[b]));
      for (const digits of [2, 3, 4, 5, 6, 8, 10]) {
        const factors = weights.map((w) => rounded(w, digits));
        const sum = factors.reduce((total, w, b) => total + w * apart[b], base);
        if (Math.abs(sum - wanted) < 0.499 * 10 ** -start) {
          return { decimals: shown, start, digits, apart, weights: factors };
        }
      }
    }
  }
  return null;
}

function rounded(value, decimals) {
  return Number(value.toFixed(decimals));
}

/** A number of rows with its noun: `1 home`, `1,204 homes`. */
export function counted(n, { one, many }) {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

/** Fill a template like "{n} of {all}". */
export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
