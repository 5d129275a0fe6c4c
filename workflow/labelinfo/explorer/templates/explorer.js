"use strict";
const { runs, lines, levels, columns, spec, panels } = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const betas = [...new Set(runs.map((run) => run.beta))].sort((a, b) => a - b);
const order = { column: "label_distortion_nats", descending: false };
let legendKeys = []; // empty: all
let picked = "";
let view = null;

// --- controls -------------------------------------------------------------------------------------

function fill(select, values, all) {
  const options = (all ? [["", "all"]] : []).concat(values.map((value) => [value, value]));
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
}

fill(byId("panel"), panels.map((panel) => panel.name), false);
for (const name of ["encoder", "decoder", "marginal"]) {
  fill(byId(name), [...new Set(runs.map((run) => run[name]))].sort(), true);
}
for (const name of ["lowest", "highest"]) byId(name).max = Math.max(0, betas.length - 1);

function reset() {
  for (const name of ["encoder", "decoder", "marginal"]) byId(name).value = "";
  byId("lowest").value = 0;
  byId("highest").value = Math.max(0, betas.length - 1);
}

function settings() {
  return {
    panel: byId("panel").value,
    encoder: byId("encoder").value,
    decoder: byId("decoder").value,
    marginal: byId("marginal").value,
    lowest: betas[byId("lowest").value] ?? 0,
    highest: betas[byId("highest").value] ?? 1e9,
    picked,
  };
}

function shown() {
  const now = settings();
  return runs.filter((run) => run.panel === now.panel
    && ["encoder", "decoder", "marginal"].every((name) => !now[name] || run[name] === now[name])
    && run.beta >= now.lowest && run.beta <= now.highest
    && (!legendKeys.length || legendKeys.includes(run.key)));
}

async function update() {
  const now = settings();
  byId("lowest_text").value = betas.length ? now.lowest : "";
  byId("highest_text").value = betas.length ? now.highest : "";
  byId("caveat").textContent = panels.find((panel) => panel.name === now.panel)?.caveat ?? "";
  drawTable();
  if (view) {
    for (const [name, value] of Object.entries(now)) view.signal(name, value);
    await view.runAsync();
  }
}

// --- planes ---------------------------------------------------------------------------------------

let drawnWidth = 0;

async function draw() {
  const room = byId("planes").clientWidth;
  if (room === drawnWidth) return;
  drawnWidth = room;
  const narrow = room < 720;
  const sized = structuredClone(spec);
  sized.datasets = structuredClone({ runs, lines, levels });
  sized.columns = narrow ? 1 : 2;
  for (const plane of sized.concat) {
    plane.width = Math.max(180, narrow ? room - 70 : (room - 160) / 2);
    plane.height = narrow ? 260 : 340;
  }
  const direction = narrow ? "vertical" : "horizontal";
  sized.config.legend = {
    ...sized.config.legend,
    columns: narrow ? 1 : 3,
    layout: { top: { anchor: "start", direction, margin: 10 } },
  };
  for (const param of sized.params) {
    if (param.name in settings()) param.value = settings()[param.name];
  }
  view?.finalize();
  legendKeys = [];
  // where a tooltip has no room, what it would say goes below the planes
  const options = { actions: false, renderer: "svg", tooltip: !narrow };
  const result = await vegaEmbed("#planes", sized, options);
  view = result.view;
  view.addDataListener("legend_store", (_, tuples) => {
    legendKeys = tuples.map((tuple) => tuple.values[0]);
    drawTable();
  });
  for (const event of narrow ? ["click", "mouseover"] : ["click"]) {
    view.addEventListener(event, (_, item) => {
      if (item?.datum?.id) pick(item.datum.id);
    });
  }
  await update();
  document.body.dataset.ready = "true";
}

// --- table ----------------------------------------------------------------------------------------

const compare = (a, b) => (typeof a === "number" ? a - b : String(a).localeCompare(String(b)));

function sorted() {
  const sign = order.descending ? -1 : 1;
  return shown().sort((a, b) => sign * compare(a[order.column], b[order.column]));
}

const format = (value) => (typeof value === "number" ? String(Number(value.toPrecision(5))) : value ?? "");

function drawTable() {
  const head = document.createElement("tr");
  for (const column of columns) {
    const cell = document.createElement("th");
    cell.scope = "col";
    if (column === order.column) {
      cell.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
    }
    const button = document.createElement("button");
    button.type = "button";
    const arrow = column === order.column ? (order.descending ? " ▼" : " ▲") : "";
    button.textContent = column + arrow;
    button.addEventListener("click", () => {
      order.descending = column === order.column && !order.descending;
      order.column = column;
      drawTable();
      byId("table").querySelectorAll("th button")[columns.indexOf(column)].focus();
    });
    cell.append(button);
    head.append(cell);
  }
  const rows = sorted().map((run) => {
    const row = document.createElement("tr");
    row.tabIndex = 0;
    row.dataset.id = run.id;
    row.setAttribute("aria-selected", String(run.id === picked));
    for (const column of columns) row.insertCell().textContent = format(run[column]);
    row.addEventListener("focus", () => pick(run.id));
    row.addEventListener("click", () => pick(run.id));
    return row;
  });
  byId("table").tHead.replaceChildren(head);
  byId("table").tBodies[0].replaceChildren(...rows);
  byId("count").textContent = `${rows.length} of ${runs.filter((run) => run.panel === byId("panel").value).length}`;
}

async function pick(id) {
  if (id === picked) return;
  picked = id;
  const run = runs.find((each) => each.id === id);
  const text = document.createElement("span");
  text.textContent = `${run.encoder}-${run.decoder}-${run.marginal}, β = ${run.beta}, seed ${run.seed}: `
    + `R = ${run.r_text}, D = ${run.d_text}, C = ${run.c_text}, `
    + `accuracy ${(100 * run.label_accuracy).toFixed(1)} %`;
  byId("detail").replaceChildren(text);
  if (run.image) {
    const image = new Image();
    image.src = run.image;
    image.alt = "Test images above, their reconstructions below";
    byId("detail").append(image);
  }
  for (const row of byId("table").tBodies[0].rows) {
    row.setAttribute("aria-selected", String(row.dataset.id === id));
  }
  if (view) await view.signal("picked", id).runAsync();
}

function csv() {
  const quote = (value) => {
    let text = String(value ?? "");
    // a spreadsheet would run a cell that begins like a formula
    if (typeof value !== "number" && /^[=+\-@]/.test(text)) text = `'${text}`;
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const names = ["panel", ...columns];
  return [names, ...sorted().map((run) => names.map((name) => run[name]))]
    .map((line) => line.map(quote).join(",")).join("\n") + "\n";
}

byId("download").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
  link.download = "runs.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});

byId("controls").addEventListener("input", (event) => {
  // the ends may not pass each other
  const [lowest, highest] = [byId("lowest"), byId("highest")];
  if (Number(lowest.value) > Number(highest.value)) {
    if (event.target === lowest) highest.value = lowest.value;
    else lowest.value = highest.value;
  }
  update();
});
byId("controls").addEventListener("submit", (event) => event.preventDefault());
byId("reset").addEventListener("click", async (event) => {
  event.preventDefault();
  reset();
  drawnWidth = 0; // a new drawing loses the legend's choice
  await draw();
});

let waiting = null;
addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(draw, 150);
});

reset();
draw();
