// The table of runs, and its download.
const FIRST_ROWS = 200; // further ones on demand
let allRows = false;

const COLUMNS = [
  { key: "rate", head: "R (nats)", text: (run) => measured(run, "rate"), value: (run) => valueOf(run, "rate") },
  { key: "distortion", head: "D (nats)", text: (run) => measured(run, "distortion"), value: (run) => valueOf(run, "distortion") },
  { key: "label", head: "C (nats)", text: (run) => measured(run, "label"), value: (run) => valueOf(run, "label") },
  { key: "bits", head: "C (bits)", text: (run) => numbered(bits(valueOf(run, "label"))), value: (run) => valueOf(run, "label") },
  { key: "kept", head: "label kept", text: (run) => `${numbered(100 * keptOf(run), 1)} %`, value: keptOf },
  { key: "accuracy", head: "accuracy", text: (run) => (accuracyOf(run) === null ? "–" : `${numbered(100 * accuracyOf(run), 1)} %`), value: accuracyOf },
  { key: "violations", head: "breaks", text: (run) => run.violations || "", value: (run) => run.violations },
];
const IDENTITY = [
  { key: "run", head: "run", value: (run) => run.architecture },
  { key: "beta", head: "β", value: (run) => run.beta },
  { key: "seed", head: "seed", value: (run) => run.seed },
];

const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a ?? "").localeCompare(String(b ?? "")));

function sorted(found) {
  const column = [...IDENTITY, ...COLUMNS].find((each) => each.key === state.sort) ?? COLUMNS[2];
  const sign = state.down ? -1 : 1;
  return [...found].sort((a, b) => sign * compare(column.value(a), column.value(b)) || a.beta - b.beta || a.seed - b.seed);
}

function sortButton({ key, head }) {
  const arrow = key === state.sort ? (state.down ? " ▼" : " ▲") : "";
  return `<button type="button" data-sort="${key}">${head}${arrow}</button>`;
}

function sortedSign(keys) {
  return keys.includes(state.sort) ? ` aria-sort="${state.down ? "descending" : "ascending"}"` : "";
}

function rowOf(run, tabbable) {
  const slot = ["a", "b"].find((each) => state[each] === run.id);
  const cells = COLUMNS.map((column) => `<td>${escaped(column.text(run))}</td>`);
  const name = `<th scope="row"><span class="identity">${swatch(kindByName.get(run.kind), run.encoder)}<span>${escaped(run.architecture)}</span><span>β ${run.beta}</span><span>seed ${run.seed}</span></span></th>`;
  return `<tr data-run="${run.index}" tabindex="${tabbable ? 0 : -1}" aria-selected="${Boolean(slot)}"${slot ? ` data-slot="${slot.toUpperCase()}"` : ""}>${name}${cells.join("")}</tr>`;
}

function drawTable(found) {
  const rows = sorted(found);
  const head = `<th scope="col"${sortedSign(IDENTITY.map((each) => each.key))}>${IDENTITY.map(sortButton).join("")}</th>`
    + COLUMNS.map((column) => `<th scope="col"${sortedSign([column.key])}>${sortButton(column)}</th>`).join("");
  byId("table").tHead.innerHTML = `<tr>${head}</tr>`;
  const kept = allRows ? rows : rows.slice(0, FIRST_ROWS);
  const tabbable = Math.max(0, kept.findIndex((run) => run.id === state.a));
  byId("table").tBodies[0].innerHTML = kept.map((run, place) => rowOf(run, place === tabbable)).join("");
  byId("more").hidden = kept.length === rows.length;
  byId("more").textContent = `Show all ${rows.length} rows`;
  byId("count").textContent = `${rows.length} of ${ofPanel().length}`;
}

// Moves the marks of picked rows without building the table again.
function markRows() {
  for (const row of byId("table").tBodies[0].rows) {
    const slot = ["a", "b"].find((each) => state[each] === runs[row.dataset.run].id);
    row.setAttribute("aria-selected", String(Boolean(slot)));
    if (slot) row.dataset.slot = slot.toUpperCase();
    else delete row.dataset.slot;
  }
}

// Shift and click picks B and selects no text.
byId("table").addEventListener("mousedown", (event) => {
  if (event.shiftKey) event.preventDefault();
});
byId("table").addEventListener("click", (event) => {
  const button = event.target.closest("button[data-sort]");
  const row = event.target.closest("tbody tr");
  if (button) {
    const { sort } = button.dataset;
    state.down = sort === state.sort && !state.down;
    state.sort = sort;
    update();
    byId("table").querySelector(`button[data-sort="${sort}"]`).focus();
  } else if (row) {
    focusRow(row);
    pick(runs[row.dataset.run], event.shiftKey ? "b" : "a");
  }
});

function focusRow(row) {
  byId("table").querySelector('tbody tr[tabindex="0"]')?.setAttribute("tabindex", "-1");
  row.setAttribute("tabindex", "0");
  row.focus();
}

byId("table").addEventListener("keydown", (event) => {
  const row = event.target.closest("tbody tr");
  if (!row) return;
  const body = row.parentElement;
  const target = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling, Home: body.firstElementChild, End: body.lastElementChild, Enter: row, b: row, B: row }[event.key];
  if (!target) return;
  event.preventDefault();
  focusRow(target);
  pick(runs[target.dataset.run], event.key.toLowerCase() === "b" ? "b" : "a");
});

byId("more").addEventListener("click", () => {
  allRows = true;
  drawTable(shown());
});
// Chromium repeats a table's head on every page only if the head has no buttons.
addEventListener("beforeprint", () => {
  allRows = true;
  drawTable(shown());
  for (const button of byId("table").tHead.querySelectorAll("button")) {
    const text = document.createElement("span");
    text.textContent = button.textContent;
    button.replaceWith(text);
  }
});
addEventListener("afterprint", () => drawTable(shown()));

// --- downloads ----------------------------------------------------------------------------------

function csv() {
  const quote = (value) => {
    let text = String(value ?? "");
    // a spreadsheet would run a cell that begins like a formula
    if (typeof value !== "number" && /^[=+\-@]/.test(text)) text = `'${text}`;
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const names = ["panel", ...DATA.columns];
  return [names, ...sorted(shown()).map((run) => names.map((name) => run[name]))]
    .map((line) => line.map(quote).join(",")).join("\n") + "\n";
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

byId("csv").addEventListener("click", () => save(new Blob([csv()], { type: "text/csv" }), "runs.csv"));
byId("svg").addEventListener("click", () => save(new Blob([picture().text], { type: "image/svg+xml" }), "planes.svg"));
byId("png").addEventListener("click", async () => {
  const { text, width, height } = picture();
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [2 * width, 2 * height];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  canvas.toBlob((blob) => save(blob, "planes.png"), "image/png");
});
