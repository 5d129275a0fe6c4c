// The picked runs side by side: numbers, learning curves, and pictures along β.
function lineChart(curve) {
  const epochs = curve.epoch;
  const [width, height, left, bottom] = [250, 110, 34, 22];
  const series = [["valid_rate_nats", "R", ""], ["valid_distortion_nats", "D", "4 2.5"]];
  const values = series.flatMap(([name]) => curve[name]).filter((value) => value !== null);
  const high = values.reduce((a, b) => Math.max(a, b), 1) * 1.05;
  const [first, last] = [epochs[0], epochs.at(-1)];
  const x = (epoch) => left + ((width - left - 18) * (epoch - first)) / Math.max(1, last - first);
  const y = (value) => height - bottom - ((height - bottom - 6) * value) / high;
  const paths = series.map(([name, label, dash]) => {
    const points = epochs.map((epoch, at) => [x(epoch), curve[name][at]]).filter(([, value]) => value !== null).map(([at, value]) => [at, y(value)]);
    if (!points.length) return "";
    const [endX, endY] = points.at(-1);
    return `<path d="M${points.map(([a, b]) => `${a.toFixed(1)} ${b.toFixed(1)}`).join("L")}" fill="none" stroke="${INK}" stroke-width="1.3" stroke-dasharray="${dash}"/><text x="${endX + 4}" y="${endY + 4}">${label}</text>`;
  });
  const grid = ticks([0, high], 3).map((tick) => `<path d="M${left} ${y(tick)}H${width - 18}" stroke="${GRID}"/><text x="${left - 4}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`);
  return `<figure><svg role="img" aria-label="R and D on validation by epoch" width="${width}" height="${height}" font-size="10" fill="${FAINT}">${grid.join("")}${paths.join("")}<text x="${x(last)}" y="${height - 6}" text-anchor="end">epoch ${last}</text><text x="${left}" y="${height - 6}">${first}</text></svg><figcaption>Learning curve: R and D on validation, nats</figcaption></figure>`;
}

const ROWS = [
  ["R", "nats", (run) => measured(run, "rate"), (run) => valueOf(run, "rate"), 2],
  ["D", "nats", (run) => measured(run, "distortion"), (run) => valueOf(run, "distortion"), 2],
  ["C", "nats", (run) => measured(run, "label"), (run) => valueOf(run, "label"), 3],
  ["C", "bits", (run) => numbered(bits(valueOf(run, "label"))), (run) => bits(valueOf(run, "label")), 3],
  ["label kept", "%", (run) => numbered(100 * keptOf(run), 1), (run) => 100 * keptOf(run), 1],
  ["accuracy", "%", (run) => numbered(accuracyOf(run) === null ? null : 100 * accuracyOf(run), 1), (run) => 100 * accuracyOf(run), 1],
];

function comparison(chosen) {
  const difference = chosen.length === 2;
  const heads = chosen.map(([slot, run]) => `<th scope="col">${swatch(kindByName.get(run.kind), run.encoder)} ${slot.toUpperCase()}: ${escaped(titleOf(run))}</th>`);
  const rows = ROWS.map(([name, unit, text, value, digits]) => {
    const cells = chosen.map(([, run]) => `<td>${text(run)}</td>`);
    if (difference) {
      const gap = value(chosen[1][1]) - value(chosen[0][1]);
      cells.push(`<td>${Number.isFinite(gap) ? `${gap < 0 ? "−" : "+"}${Math.abs(gap).toFixed(digits)}` : "–"}</td>`);
    }
    return `<tr><th scope="row">${name} (${unit})</th>${cells.join("")}</tr>`;
  });
  const broken = chosen.filter(([, run]) => run.violations).map(([slot, run]) => `<p>${slot.toUpperCase()} breaks ${escaped(run.violations)}.</p>`);
  return `<div class="wide"><table><thead><tr><td></td>${heads.join("")}${difference ? '<th scope="col">B less A</th>' : ""}</tr></thead><tbody>${rows.join("")}</tbody></table></div>${broken.join("")}`;
}

function gallery(slot, run) {
  const family = alongBeta(run).filter((each) => each.picture !== null);
  if (!family.length) return "";
  const items = family.map((each) => `<button type="button" data-run="${each.index}" aria-pressed="${each === run}"><img alt="Test images above, their reconstructions below" src="${pictures[each.picture]}"><span>β ${each.beta}: R ${numbered(valueOf(each, "rate"), 1)}, C ${numbered(valueOf(each, "label"), 2)}</span></button>`);
  return `<h3>${slot.toUpperCase()} along β: ${escaped(run.architecture)}, seed ${run.seed} <small>test images above, their reconstructions below</small></h3><div class="strip" data-slot="${slot}">${items.join("")}</div>`;
}

function drawDetails() {
  const chosen = ["a", "b"].map((slot) => [slot, picked(slot)]).filter(([, run]) => run);
  byId("hint").hidden = chosen.length > 0;
  byId("keep").hidden = byId("drop").hidden = !chosen.length;
  byId("keep").textContent = state.b ? "Swap A and B" : "Keep as B and pick another A";
  const charts = chosen.filter(([, run]) => run.curve !== null).map(([slot, run]) => `<div><b>${slot.toUpperCase()}</b>${lineChart(curves[run.curve])}</div>`);
  byId("detail").innerHTML = chosen.length
    ? `${comparison(chosen)}<div class="charts">${charts.join("")}</div>${chosen.map(([slot, run]) => gallery(slot, run)).join("")}`
    : "";
}

byId("detail").addEventListener("click", (event) => {
  const button = event.target.closest("button[data-run]");
  if (button) pick(runs[button.dataset.run], button.parentElement.dataset.slot);
});

// The run of the lowest C among those shown.
function drawBest(found) {
  const best = found.reduce((a, b) => (a && valueOf(a, "label") <= valueOf(b, "label") ? a : b), null);
  byId("best").innerHTML = best
    ? `Lowest C of the ${found.length} runs shown: <b>${measured(best, "label")} nats</b> at R = ${numbered(valueOf(best, "rate"), 1)}, D = ${numbered(valueOf(best, "distortion"), 1)} nats: <button type="button" class="link">${escaped(titleOf(best))}</button>.`
    : "No run meets these conditions.";
  byId("best").querySelector("button")?.addEventListener("click", () => pick(best, "a"));
}
