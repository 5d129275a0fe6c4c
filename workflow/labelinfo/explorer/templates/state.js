"use strict";
// The data, the filters, and the address that keeps the filters.
const DATA = JSON.parse(document.getElementById("data").textContent);
const { panels, kinds, encoders, meanings, pictures, curves } = DATA;
const byId = (id) => document.getElementById(id);
const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[sign]));

const PARTS = ["encoder", "decoder", "marginal"];
const RANGES = ["beta", "rate", "distortion", "label"];
const SYMBOLS = { beta: "β", rate: "R", distortion: "D", label: "C" };
const kindOf = (each) => `${each.decoder}/${each.marginal}`;
const nameOf = (kind) => `${kind.decoder} · ${kind.marginal}`;
const kindByName = new Map(kinds.map((kind) => [kindOf(kind), kind]));

const runs = DATA.runs.map((row, index) => {
  const run = { index };
  DATA.fields.forEach((field, place) => { run[field] = row[place]; });
  run.kind = kindOf(run);
  run.architecture = `${run.encoder}-${run.decoder}-${run.marginal}`;
  run.id = `${run.architecture}/${run.beta}/${run.seed}`;
  return run;
});
const panelById = new Map(panels.map((panel) => [panel.id, panel]));

function defaults() {
  return {
    panel: panels[0]?.id ?? "", probe: "paper", encoder: "", decoder: "", marginal: "", kinds: [],
    beta: ["", ""], rate: ["", ""], distortion: ["", ""], label: ["", ""],
    broken: false, zoom: false, sort: "label", down: false, a: "", b: "",
  };
}
const state = defaults();

const panel = () => panelById.get(state.panel);
const view = () => panel().views[state.probe];
const columnOf = (name, probe = state.probe) => ({
  rate: "rate_nats", distortion: "distortion_nats",
  label: `${probe === "strong" ? "strong_" : ""}label_distortion_nats`,
}[name] ?? name);
const valueOf = (run, name) => run[columnOf(name)];
const errorOf = (run, name) => run[`${columnOf(name)}_se`];
const accuracyOf = (run) => run[state.probe === "strong" ? "strong_label_accuracy" : "label_accuracy"];
const keptOf = (run) => 1 - valueOf(run, "label") / panel().label_entropy_nats;
const bits = (nats) => nats / Math.LN2;

const ofPanel = () => runs.filter((run) => run.panel === state.panel && valueOf(run, "label") !== null);

// bounds are inclusive; the slack keeps a run at a bound that was rounded
function within(value, [low, high]) {
  const slack = 1e-6 * Math.abs(value);
  return (low === "" || value >= Number(low) - slack) && (high === "" || value <= Number(high) + slack);
}

function shown() {
  return ofPanel().filter((run) => PARTS.every((part) => !state[part] || run[part] === state[part])
    && (!state.kinds.length || state.kinds.includes(run.kind))
    && (!state.broken || run.violations)
    && RANGES.every((name) => within(valueOf(run, name), state[name])));
}

const picked = (slot) => runs.find((run) => run.panel === state.panel && run.id === state[slot]) ?? null;

// Runs that differ from this one in β alone, in order of β.
function alongBeta(run) {
  return ofPanel()
    .filter((each) => each.architecture === run.architecture && each.seed === run.seed)
    .sort((a, b) => a.beta - b.beta);
}

function numbered(value, digits = 3) {
  return value === null || value === undefined ? "–" : value.toFixed(digits);
}

function measured(run, name, digits = name === "label" ? 3 : 2) {
  return `${numbered(valueOf(run, name), digits)} ± ${numbered(errorOf(run, name), digits)}`;
}

const titleOf = (run) => `${run.architecture}, β = ${run.beta}, seed ${run.seed}`;

// --- the address --------------------------------------------------------------------------------

function addressOf(now = state) {
  const first = defaults();
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(now)) {
    if (RANGES.includes(name)) {
      if (value.some((end) => end !== "")) parts.set(name, value.join(".."));
    } else if (name === "kinds") {
      if (value.length) parts.set(name, value.join(","));
    } else if (value !== first[name] || name === "panel") {
      parts.set(name, value === true ? "1" : value);
    }
  }
  return `#${parts}`.replaceAll("%2F", "/").replaceAll("%2C", ",");
}

function writeAddress() {
  if (addressOf() !== location.hash) history.replaceState(null, "", addressOf());
}

// Unknown names and values in an address are ignored, so old links still open.
function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  Object.assign(state, defaults());
  for (const [name, value] of given) {
    if (RANGES.includes(name)) {
      const ends = value.split("..").map((end) => (end !== "" && Number.isFinite(Number(end)) ? end : ""));
      if (ends.length === 2) state[name] = ends;
    } else if (name === "kinds") {
      state[name] = value.split(",").filter((each) => kindByName.has(each));
    } else if (typeof state[name] === "boolean") {
      state[name] = value === "1";
    } else if (name === "a" || name === "b") {
      // 1e-05 and 0.00001 are one β
      const [architecture, beta, seed] = value.split("/");
      state[name] = `${architecture}/${Number(beta)}/${Number(seed)}`;
    } else if (name in state) {
      state[name] = value;
    }
  }
  if (!panelById.has(state.panel)) state.panel = panels[0]?.id ?? "";
  if (panels.length && !panel().views[state.probe]) state.probe = "paper";
}
