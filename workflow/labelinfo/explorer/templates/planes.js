// Both planes as SVG text: C against R and C against D, with the marks of the figures.
const SIDES = ["rate", "distortion"];
const AXES = { rate: "rate R (nats)", distortion: "distortion D (nats)", label: "label distortion C (nats)" };
const INK = "light-dark(#1a1a1a,#e4e4e4)";
const FAINT = "light-dark(#6b6b6b,#a5a5a5)";
const GRID = "light-dark(#ebebeb,#2e3238)";
const PAPER = "light-dark(#ffffff,#15171a)";
const HALO = `paint-order="stroke" stroke="${PAPER}" stroke-width="3"`;
const MARGIN = { left: 50, right: 10, top: 12, bottom: 40 };
const CROWDED = 100; // of more runs, all but the front are faded
const RADIUS = 4.6;

// Outlines of matplotlib's markers around the current point, by the radius.
const OUTLINES = {
  o: (r) => `m${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
  s: (r) => polygon([[-1, -1], [1, -1], [1, 1], [-1, 1]], 0.92 * r),
  "^": (r) => polygon([[0, -1.1], [1.1, 0.9], [-1.1, 0.9]], r),
  v: (r) => polygon([[0, 1.1], [1.1, -0.9], [-1.1, -0.9]], r),
  D: (r) => polygon([[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]], r),
  p: (r) => polygon([[0, -1.1], [1.05, -0.34], [0.65, 0.89], [-0.65, 0.89], [-1.05, -0.34]], r),
  P: (r) => polygon([[-0.4, -1.1], [0.4, -1.1], [0.4, -0.4], [1.1, -0.4], [1.1, 0.4], [0.4, 0.4],
    [0.4, 1.1], [-0.4, 1.1], [-0.4, 0.4], [-1.1, 0.4], [-1.1, -0.4], [-0.4, -0.4]], r),
  X: (r) => polygon([[0, -0.5], [0.6, -1.1], [1.1, -0.6], [0.5, 0], [1.1, 0.6], [0.6, 1.1],
    [0, 0.5], [-0.6, 1.1], [-1.1, 0.6], [-0.5, 0], [-1.1, -0.6], [-0.6, -1.1]], r),
};
// The mark inside the marker: the encoder.
const INNER = {
  ".": (r) => OUTLINES.o(0.28 * r),
  "+": (r) => strokes([[-0.6, 0, 0.6, 0], [0, -0.6, 0, 0.6]], r),
  x: (r) => strokes([[-0.45, -0.45, 0.45, 0.45], [0.45, -0.45, -0.45, 0.45]], r),
  _: (r) => strokes([[-0.6, 0, 0.6, 0]], r),
  "|": (r) => strokes([[0, -0.6, 0, 0.6]], r),
};
function polygon(points, r) {
  const steps = points.map(([x, y], at) => [x - (points[at - 1]?.[0] ?? 0), y - (points[at - 1]?.[1] ?? 0)]);
  return `m${steps.map(([x, y]) => `${(x * r).toFixed(2)} ${(y * r).toFixed(2)}`).join("l")}z`;
}
function strokes(lines, r) {
  return lines.map(([x, y, toX, toY]) => `m${x * r} ${y * r}l${(toX - x) * r} ${(toY - y) * r}m${-toX * r} ${-toY * r}`).join("");
}

// Dark colours are lightened on a dark page.
function ink(colour) {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const lightness = (0.3 * parts[0] + 0.59 * parts[1] + 0.11 * parts[2]) / 255;
  if (lightness > 0.42) return colour;
  const share = lightness < 0.05 ? 0.88 : 0.45;
  const lighter = parts.map((part) => Math.round(part + share * (255 - part)).toString(16).padStart(2, "0"));
  return `light-dark(${colour},#${lighter.join("")})`;
}

function filling(kind, count) {
  if (kind.fill === "none") return PAPER;
  // a gradient spans a whole path, not each of its markers
  return kind.fill === "full" || count > 1 ? ink(kind.colour) : `url(#half${kinds.indexOf(kind)})`;
}

// Half-filled markers: hard-edged gradients.
function gradients() {
  const ends = { left: [0, 0, 1, 0], right: [1, 0, 0, 0], top: [0, 0, 0, 1], bottom: [0, 1, 0, 0] };
  return kinds.map((kind, at) => {
    if (!ends[kind.fill]) return "";
    const [x1, y1, x2, y2] = ends[kind.fill];
    return `<linearGradient id="half${at}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}">`
      + `<stop offset=".5" stop-color="${ink(kind.colour)}"/><stop offset=".5" stop-color="${PAPER}"/></linearGradient>`;
  }).join("");
}

// Markers of one kind and encoder at places [x, y]: one path, as thousands of elements are slow.
function markers(kind, encoder, places, { scale = 1, alpha = 1, attributes = "" } = {}) {
  const r = RADIUS * scale;
  const at = (outline) => places.map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}${outline}`).join("");
  const fade = alpha < 1 ? ` opacity="${alpha}"` : "";
  const mark = encoders[encoder];
  const inner = mark ? `<path d="${at(INNER[mark](r))}" fill="${mark === "." ? INK : "none"}" stroke="${INK}" stroke-width=".9"${fade}/>` : "";
  return `<path${attributes} d="${at(OUTLINES[kind.marker](r))}" fill="${filling(kind, places.length)}" stroke="${ink(kind.colour)}" stroke-width="${(1.6 * scale).toFixed(2)}"${fade}/>${inner}`;
}

const marker = (kind, encoder, x, y, options) => markers(kind, encoder, [[x, y]], options);

function ticks([low, high], count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw * 0.999);
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + 1e-9 * step; at += 1) found.push(Number((at * step).toPrecision(12)));
  return found;
}

// The limits of Figure 1, or those of the runs shown.
function limitsOf(found) {
  const whole = view().limits;
  if (!state.zoom || !found.length) return whole;
  return Object.fromEntries([...SIDES, "label"].map((name) => {
    const ends = found.flatMap((run) => [-1, 1].map((sign) => valueOf(run, name) + sign * (errorOf(run, name) ?? 0)));
    const [low, high] = [ends.reduce((a, b) => Math.min(a, b)), ends.reduce((a, b) => Math.max(a, b))];
    const pad = 0.06 * (high - low) || 0.1 * Math.abs(high) || 1;
    return [name, [low - pad, high + pad]];
  }));
}

// The Pareto front: no other run is lower in both.
function front(found, side) {
  let best = Infinity;
  const kept = new Set();
  for (const run of [...found].sort((a, b) => valueOf(a, side) - valueOf(b, side) || valueOf(a, "label") - valueOf(b, "label"))) {
    if (valueOf(run, "label") < best) {
      best = valueOf(run, "label");
      kept.add(run.index);
    }
  }
  return kept;
}

function frameOf(side, width, height, limits) {
  const [x, y] = [limits[side], limits.label];
  const inner = [width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom];
  return {
    side, width, height, x, y,
    toX: (value) => MARGIN.left + (inner[0] * (value - x[0])) / (x[1] - x[0]),
    toY: (value) => MARGIN.top + (inner[1] * (y[1] - value)) / (y[1] - y[0]),
    fromX: (pixel) => x[0] + ((pixel - MARGIN.left) / inner[0]) * (x[1] - x[0]),
    fromY: (pixel) => y[1] - ((pixel - MARGIN.top) / inner[1]) * (y[1] - y[0]),
    has: (run) => within(valueOf(run, side), x) && within(valueOf(run, "label"), y),
  };
}

function axesOf(frame) {
  const [left, right, top, bottom] = [MARGIN.left, frame.width - MARGIN.right, MARGIN.top, frame.height - MARGIN.bottom];
  const parts = [`<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" fill="${PAPER}"/>`];
  for (const tick of ticks(frame.x, frame.width > 420 ? 9 : 5)) {
    const x = frame.toX(tick).toFixed(1);
    parts.push(`<path d="M${x} ${top}V${bottom}" stroke="${GRID}"/><text x="${x}" y="${bottom + 15}" text-anchor="middle">${tick}</text>`);
  }
  for (const tick of ticks(frame.y, 8)) {
    const y = frame.toY(tick);
    parts.push(`<path d="M${left} ${y.toFixed(1)}H${right}" stroke="${GRID}"/><text x="${left - 6}" y="${(y + 4).toFixed(1)}" text-anchor="end">${tick}</text>`);
  }
  parts.push(`<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" fill="none" stroke="${FAINT}"/>`);
  parts.push(`<text class="axis" x="${(left + right) / 2}" y="${bottom + 33}" text-anchor="middle">${AXES[frame.side]}</text>`);
  parts.push(`<text class="axis" transform="translate(13 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">${AXES.label}</text>`);
  return parts.join("");
}

function strokeOf(look) {
  const dash = look.dash.length ? ` stroke-dasharray="${look.dash.map((part) => part * 1.1).join(" ")}"` : "";
  return `fill="none" stroke="${ink(look.colour)}" stroke-width="${look.width}"${dash}`;
}

function baselinesOf(frame) {
  const [left, right] = [MARGIN.left, frame.width - MARGIN.right];
  const bands = view().levels.filter((level) => level.sd > 0).map((level) => {
    const [top, bottom] = [frame.toY(level.nats + level.sd), frame.toY(level.nats - level.sd)];
    return `<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" fill="${ink(level.colour)}" opacity=".15"/>`;
  });
  const levels = view().levels.map((level) => `<path class="baseline" d="M${left} ${frame.toY(level.nats).toFixed(1)}H${right}" ${strokeOf(level)}/>`);
  const lines = view().lines.filter((line) => line[frame.side]).map((line) => {
    const points = line[frame.side].map(([x, c]) => `${frame.toX(x).toFixed(1)} ${frame.toY(c).toFixed(1)}`);
    return `<path class="baseline" d="M${points.join("L")}" ${strokeOf(line)}/>`;
  });
  return `<g clip-path="url(#clip-${frame.side})">${bands.join("")}${levels.join("")}${lines.join("")}</g>`;
}

function barsOf(frame, found, alpha) {
  const parts = found.map((run) => {
    const [x, y] = [frame.toX(valueOf(run, frame.side)).toFixed(1), frame.toY(valueOf(run, "label")).toFixed(1)];
    const ends = [-1, 1].map((sign) => [
      frame.toX(valueOf(run, frame.side) + sign * errorOf(run, frame.side)).toFixed(1),
      frame.toY(valueOf(run, "label") + sign * errorOf(run, "label")).toFixed(1),
    ]);
    return `M${ends[0][0]} ${y}H${ends[1][0]}M${x} ${ends[0][1]}V${ends[1][1]}`;
  });
  return `<path d="${parts.join("")}" fill="none" stroke="${FAINT}" stroke-width=".9" opacity="${alpha}"/>`;
}

// The runs that differ from a picked one in β alone, joined by a line, each with its β.
function familyOf(frame, run) {
  const family = alongBeta(run).filter(frame.has);
  if (family.length < 2) return "";
  const points = family.map((each) => [frame.toX(valueOf(each, frame.side)), frame.toY(valueOf(each, "label")), each.beta]);
  // leave out a β whose text would overlap the one before
  let last = [-99, -99];
  const named = points.filter(([x, y]) => {
    const clear = Math.abs(x - last[0]) > 26 || Math.abs(y - last[1]) > 11;
    if (clear) last = [x, y];
    return clear;
  });
  const texts = named.map(([x, y, beta]) => `<text x="${(x + 7).toFixed(1)}" y="${(y - 7).toFixed(1)}" ${HALO}>${beta}</text>`);
  return `<g class="family"><path d="M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}" fill="none" stroke="${INK}" stroke-width="1" opacity=".55"/>${texts.join("")}</g>`;
}

function pickedOf(frame) {
  return ["a", "b"].map((slot) => {
    const run = picked(slot);
    if (!run || !frame.has(run)) return "";
    const [x, y] = [frame.toX(valueOf(run, frame.side)), frame.toY(valueOf(run, "label"))];
    const end = slot === "a" ? -1 : 1; // two runs at one place keep both names
    return `<g class="picked" data-slot="${slot}">${marker(kindByName.get(run.kind), run.encoder, x, y, { scale: 1.3 })}`
      + `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="11" fill="none" stroke="${INK}" stroke-width="1.6"/>`
      + `<text x="${(x + 12 * end).toFixed(1)}" y="${(y + 15).toFixed(1)}" text-anchor="${end < 0 ? "end" : "start"}" font-weight="700" ${HALO}>${slot.toUpperCase()}</text></g>`;
  }).join("");
}

function overlay(frame) {
  const a = picked("a");
  return `${a ? familyOf(frame, a) : ""}${pickedOf(frame)}`;
}

// Faded runs, all of a kind and encoder together.
function crowdOf(frame, found, scale) {
  const groups = {};
  for (const run of found) (groups[`${run.kind} ${run.encoder}`] ??= []).push(run);
  return Object.values(groups).map((group) => {
    const places = group.map((run) => [frame.toX(valueOf(run, frame.side)), frame.toY(valueOf(run, "label"))]);
    return markers(kindByName.get(group[0].kind), group[0].encoder, places, { scale, alpha: 0.35, attributes: ' class="crowd"' });
  }).join("");
}

function plane(frame, found) {
  const inside = found.filter(frame.has);
  const crowded = inside.length > CROWDED;
  const scale = Math.min(1, Math.max(0.6, Math.sqrt(CROWDED / Math.max(1, inside.length))));
  const best = crowded ? front(inside, frame.side) : null;
  const draw = (run, options) => marker(
    kindByName.get(run.kind), run.encoder, frame.toX(valueOf(run, frame.side)), frame.toY(valueOf(run, "label")),
    { ...options, attributes: ` class="mark" data-run="${run.index}"` },
  );
  const back = crowded ? crowdOf(frame, inside.filter((run) => !best.has(run.index)), scale) : inside.map((run) => draw(run, { scale })).join("");
  const ahead = inside.filter((run) => best?.has(run.index)).map((run) => draw(run, { scale: Math.max(scale, 0.85) }));
  const rings = inside.filter((run) => run.violations).map((run) => `<circle class="ring" cx="${frame.toX(valueOf(run, frame.side)).toFixed(1)}" cy="${frame.toY(valueOf(run, "label")).toFixed(1)}" r="${(8.2 * scale).toFixed(1)}" fill="none" stroke="${INK}" stroke-width="1.2"/>`);
  const [width, height] = [frame.width - MARGIN.left - MARGIN.right, frame.height - MARGIN.top - MARGIN.bottom];
  return `<defs><clipPath id="clip-${frame.side}"><rect x="${MARGIN.left}" y="${MARGIN.top}" width="${width}" height="${height}"/></clipPath></defs>`
    + `<g font-size="11" fill="${FAINT}">${axesOf(frame)}</g>${baselinesOf(frame)}${barsOf(frame, inside, crowded ? 0.2 : 0.7)}`
    + `${back}${ahead.join("")}${rings.join("")}<g class="over" font-size="11" fill="${INK}">${overlay(frame)}</g>`;
}

function outsideNote(found, frames) {
  const cut = found.filter((run) => !frames.every((frame) => frame.has(run))).length;
  const [low, high] = frames[0].y;
  const names = view().levels.filter((level) => level.nats > high || level.nats < low).map((level) => level.label);
  const parts = [...(cut ? [`${cut} run${cut > 1 ? "s" : ""}`] : []), ...names];
  return parts.length ? `Outside the axes: ${parts.join(", ")}.` : "";
}
