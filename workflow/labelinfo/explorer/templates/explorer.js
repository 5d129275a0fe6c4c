// Controls, legend, and drawing in order.
function swatch(kind, encoder = "") {
  return `<svg class="swatch" width="18" height="18" aria-hidden="true">${marker(kind, encoder, 9, 9, { scale: 1.1 })}</svg>`;
}

function lineSample(look) {
  return `<svg class="swatch" width="34" height="12" aria-hidden="true"><path d="M1 6H33" ${strokeOf(look)}/></svg>`;
}

function meaningOf(kind) {
  const [decoder, marginal] = [meanings.decoders[kind.decoder], meanings.marginals[kind.marginal]];
  return `decoder ${kind.decoder}${decoder === kind.decoder ? "" : ` (${decoder})`}, marginal ${kind.marginal}${marginal === kind.marginal ? "" : ` (${marginal})`}; ${kind.key} in Figure 1`;
}

const ANY_RUN = { marker: "o", colour: "#999999", fill: "none" };
// encoders that have a mark
const encodersIn = (found) => Object.keys(encoders).filter((name) => encoders[name] && found.some((run) => run.encoder === name));
const baselines = () => [...view().lines, ...view().levels];

function drawLegend() {
  const here = ofPanel();
  const present = kinds.filter((kind) => here.some((run) => run.kind === kindOf(kind)));
  const buttons = present.map((kind, at) => {
    const name = kindOf(kind);
    const pressed = !state.kinds.length || state.kinds.includes(name);
    return `<button type="button" data-kind="${escaped(name)}" aria-pressed="${pressed}" tabindex="${at ? -1 : 0}" title="${escaped(meaningOf(kind))}">${swatch(kind)}${escaped(nameOf(kind))}</button>`;
  });
  byId("kinds").innerHTML = buttons.join("");
  const marks = encodersIn(here).map((name) => `<span>${swatch(ANY_RUN, name)}${escaped(name)} encoder</span>`);
  const ring = here.some((run) => run.violations)
    ? [`<span><svg class="swatch" width="18" height="18" aria-hidden="true"><circle cx="9" cy="9" r="7.5" fill="none" stroke="${INK}" stroke-width="1.2"/></svg>breaks an inequality</span>`] : [];
  byId("marks").innerHTML = [...marks, ...ring].join("");
  byId("lines").innerHTML = baselines().map((look) => `<span title="${escaped(look.note)}">${lineSample(look)}${escaped(look.label)}</span>`).join("");
  const part = (group, name) => {
    const meaning = meanings[group][name];
    return meaning === name ? null : `<i>${escaped(name)}</i> ${escaped(meaning)}`;
  };
  const said = ["decoders", "marginals"].map((group) => Object.keys(meanings[group]).map((name) => part(group, name)).filter(Boolean).join(", "));
  const keys = present.map((kind) => `${kind.key} ${nameOf(kind)}`).join(", ");
  byId("meaning").innerHTML = `Names are decoder · marginal; Figure 1 writes them as ${escaped(keys)}. The fill is the decoder${said[0] ? ` (${said[0]})` : ""}; colour and shape are the marginal${said[1] ? ` (${said[1]})` : ""}. Each mark is one run; bars are ± 1 standard error over test images.`;
}

// The first press shows one kind alone, further ones add kinds; without any all are shown.
byId("kinds").addEventListener("click", (event) => {
  const name = event.target.closest("button")?.dataset.kind;
  if (!name) return;
  state.kinds = state.kinds.includes(name) ? state.kinds.filter((each) => each !== name) : [...state.kinds, name];
  update();
  focusKind([...byId("kinds").children].find((each) => each.dataset.kind === name));
});
function focusKind(button) {
  for (const each of byId("kinds").children) each.tabIndex = each === button ? 0 : -1;
  button.focus();
}
byId("kinds").addEventListener("keydown", (event) => {
  const all = [...byId("kinds").children];
  const at = all.indexOf(document.activeElement);
  const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  focusKind(all[(to + all.length) % all.length]);
});

// --- planes ---------------------------------------------------------------------------------------

let frames = [];

function drawPlanes(found) {
  const room = byId("planes").clientWidth;
  const narrow = room < 720;
  const width = Math.max(240, narrow ? room : (room - 16) / 2);
  const limits = limitsOf(found);
  frames = SIDES.map((side) => frameOf(side, width, narrow ? 300 : 420, limits));
  byId("planes").innerHTML = `<svg class="shared" width="0" height="0" aria-hidden="true"><defs>${gradients()}</defs></svg>` + frames.map((frame) => `<svg class="plane" role="img" aria-label="${AXES.label} against ${AXES[frame.side]}: ${found.length} runs" width="${frame.width}" height="${frame.height}" viewBox="0 0 ${frame.width} ${frame.height}">${plane(frame, found)}</svg>`).join("");
  [...byId("planes").querySelectorAll("svg.plane")].forEach((svg, at) => listen(svg, frames[at], found));
  byId("outside").textContent = outsideNote(found, frames);
}

// Both planes with their legend as one SVG in light colours, for papers and slides.
function picture() {
  const found = shown();
  const limits = limitsOf(found);
  const [width, height] = [1080, 400];
  const parts = SIDES.map((side, at) => `<g transform="translate(${at * 540} 34)">${plane(frameOf(side, 536, height, limits), found)}</g>`);
  let [x, y] = [50, height + 56];
  const entries = [
    ...kinds.filter((kind) => found.some((run) => run.kind === kindOf(kind))).map((kind) => [marker(kind, "", 8, -4), nameOf(kind), 22]),
    ...encodersIn(found).map((name) => [marker(ANY_RUN, name, 8, -4), `${name} encoder`, 22]),
    ...baselines().map((look) => [`<path d="M0 -4H30" ${strokeOf(look)}/>`, look.label, 36]),
  ].map(([mark, text, start]) => {
    const length = start + 6.6 * text.length + 18;
    if (x + length > width) [x, y] = [50, y + 20];
    const entry = `<g transform="translate(${x} ${y})">${mark}<text x="${start}">${escaped(text)}</text></g>`;
    x += length;
    return entry;
  });
  const title = `${panel().title}, ${byId("probe").selectedOptions[0].text}`;
  const text = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y + 20}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="${INK}"><defs>${gradients()}</defs><rect width="100%" height="100%" fill="${PAPER}"/><text x="50" y="22" font-size="14" font-weight="700">${escaped(title)}</text>${parts.join("")}${entries.join("")}</svg>`;
  return { text: text.replace(/light-dark\((#\w+),#\w+\)/g, "$1"), width, height: y + 20 };
}

// --- drawing and events ---------------------------------------------------------------------------

function fill(select, pairs) {
  select.replaceChildren(...pairs.map(([value, text]) => new Option(text, value)));
}

function drawControls() {
  const probes = Object.keys(panel().views).map((name) => [name, `${name === "paper" ? "the paper's" : "the strong"} probe`]);
  fill(byId("probe"), probes);
  for (const part of PARTS) {
    const values = [...new Set(runs.filter((run) => run.panel === state.panel).map((run) => run[part]))].sort();
    fill(byId(part), [["", "all"], ...values.map((value) => [value, value])]);
  }
  for (const name of ["panel", "probe", ...PARTS]) byId(name).value = state[name];
  for (const name of RANGES) [byId(`${name}_low`).value, byId(`${name}_high`).value] = state[name];
  for (const name of ["broken", "zoom"]) byId(name).checked = state[name];
  byId("note").textContent = `${panel().note}${panel().missing ? ` ${panel().missing} runs missing or diverged.` : ""}`;
}

function update() {
  if (!panels.length) return;
  const found = shown();
  drawControls();
  drawLegend();
  drawPlanes(found);
  drawBest(found);
  drawDetails();
  drawTable(found);
  writeAddress();
}

function pick(run, slot) {
  state[slot] = run.id;
  [...byId("planes").querySelectorAll(".over")].forEach((group, at) => { group.innerHTML = overlay(frames[at]); });
  drawDetails();
  markRows();
  writeAddress();
}

byId("controls").addEventListener("change", () => {
  for (const name of ["panel", "probe", ...PARTS]) state[name] = byId(name).value;
  for (const name of RANGES) state[name] = [byId(`${name}_low`).value, byId(`${name}_high`).value];
  for (const name of ["broken", "zoom"]) state[name] = byId(name).checked;
  if (!panel().views[state.probe]) state.probe = "paper";
  // a part that this data set lacks would hide every run
  const here = ofPanel();
  for (const part of PARTS) if (!here.some((run) => run[part] === state[part])) state[part] = "";
  state.kinds = state.kinds.filter((name) => here.some((run) => run.kind === name));
  update();
});
byId("controls").addEventListener("submit", (event) => event.preventDefault());
byId("reset").addEventListener("click", (event) => {
  event.preventDefault();
  const { panel: kept, probe, sort, down, a, b } = state;
  Object.assign(state, defaults(), { panel: kept, probe, sort, down, a, b });
  update();
});
byId("keep").addEventListener("click", () => {
  [state.a, state.b] = [state.b, state.a];
  update();
});
byId("drop").addEventListener("click", () => {
  state.a = state.b = "";
  update();
});

addEventListener("hashchange", () => {
  if (location.hash === addressOf()) return;
  readAddress();
  update();
});
let waiting = null;
let drawnWidth = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === drawnWidth) return;
  drawnWidth = innerWidth;
  clearTimeout(waiting);
  waiting = setTimeout(() => drawPlanes(shown()), 100);
});

fill(byId("panel"), panels.map((each) => [each.id, each.title]));
readAddress();
update();
document.body.dataset.ready = "true";
