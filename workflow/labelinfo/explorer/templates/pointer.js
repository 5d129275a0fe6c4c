// The pointer in the planes: tooltips of runs and baselines, picking, and brushing.
const REACH = { run: 13, line: 7 }; // pixels

function nearestRun(frame, found, x, y) {
  let [best, nearest] = [REACH.run ** 2, null];
  for (const run of found) {
    if (!frame.has(run)) continue;
    const distance = (frame.toX(valueOf(run, frame.side)) - x) ** 2 + (frame.toY(valueOf(run, "label")) - y) ** 2;
    if (distance < best) [best, nearest] = [distance, run];
  }
  return nearest;
}

function distanceToSegment([x, y], [ax, ay], [bx, by]) {
  const length = (bx - ax) ** 2 + (by - ay) ** 2;
  const share = length ? Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length)) : 0;
  return Math.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay));
}

function nearestBaseline(frame, x, y) {
  let [best, nearest] = [REACH.line, null];
  for (const level of view().levels) {
    const distance = Math.abs(frame.toY(level.nats) - y);
    if (distance < best) [best, nearest] = [distance, level];
  }
  for (const line of view().lines) {
    const points = (line[frame.side] ?? []).map(([a, c]) => [frame.toX(a), frame.toY(c)]);
    for (let at = 1; at < points.length; at += 1) {
      const distance = distanceToSegment([x, y], points[at - 1], points[at]);
      if (distance < best) [best, nearest] = [distance, line];
    }
  }
  return nearest;
}

function rowsOf(pairs) {
  return `<dl>${pairs.map(([name, value]) => `<dt>${name}</dt><dd>${escaped(value)}</dd>`).join("")}</dl>`;
}

function runTip(run) {
  const picture = run.picture === null ? "" : `<img alt="" src="${pictures[run.picture]}">`;
  const pairs = [
    ["R", `${measured(run, "rate")} nats`], ["D", `${measured(run, "distortion")} nats`],
    ["C", `${measured(run, "label")} nats (${numbered(bits(valueOf(run, "label")))} bits)`],
    ["kept", `${numbered(100 * keptOf(run), 1)} % of the label`],
  ];
  if (run.violations) pairs.push(["breaks", run.violations]);
  return `<b>${escaped(titleOf(run))}</b>${rowsOf(pairs)}${picture}`;
}

function baselineTip(frame, look, x, y) {
  if (look.nats === undefined) {
    return `<b>${escaped(look.label)}</b>${rowsOf([[SYMBOLS[frame.side], `${numbered(frame.fromX(x), 1)} nats here`], ["C", `${numbered(frame.fromY(y), 2)} nats here`]])}<p>${escaped(look.note)}</p>`;
  }
  const spread = look.sd > 0 ? ` ± ${numbered(look.sd)} over seeds` : "";
  return `<b>${escaped(look.label)}</b>${rowsOf([["C", `${numbered(look.nats)}${spread} nats (${numbered(bits(look.nats))} bits)`], ["R", "unbounded"]])}<p>${escaped(look.note)}</p>`;
}

function showTip(html, event) {
  const tip = byId("tip");
  tip.hidden = !html;
  if (!html) return;
  tip.innerHTML = html;
  const box = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 4))}px`;
  tip.style.top = `${event.clientY + 16 + box.height > innerHeight ? Math.max(4, event.clientY - box.height - 12) : event.clientY + 16}px`;
}

// A drag selects a rectangle and fills the number fields; a click picks a run, with shift the second.
function listen(svg, frame, found) {
  let start = null;
  let brush = null;
  const placeOf = (event) => {
    const box = svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  svg.addEventListener("pointermove", (event) => {
    const [x, y] = placeOf(event);
    if (start && event.pointerType === "mouse") {
      if (!brush && Math.hypot(x - start[0], y - start[1]) > 5) {
        brush = document.createElementNS("http://www.w3.org/2000/svg", "rect");
        brush.setAttribute("class", "brush");
        svg.append(brush);
        svg.setPointerCapture(event.pointerId);
      }
      if (brush) {
        const box = { x: Math.min(x, start[0]), y: Math.min(y, start[1]), width: Math.abs(x - start[0]), height: Math.abs(y - start[1]) };
        for (const [name, value] of Object.entries(box)) brush.setAttribute(name, value);
        showTip("", event);
        return;
      }
    }
    if (event.pointerType !== "mouse") return;
    const run = nearestRun(frame, found, x, y);
    const look = run ? null : nearestBaseline(frame, x, y);
    svg.style.cursor = run ? "pointer" : "crosshair";
    showTip(run ? runTip(run) : look ? baselineTip(frame, look, x, y) : "", event);
  });
  svg.addEventListener("pointerleave", (event) => showTip("", event));
  svg.addEventListener("pointerdown", (event) => { start = event.button === 0 ? placeOf(event) : null; });
  svg.addEventListener("pointercancel", () => { start = null; brush?.remove(); brush = null; });
  svg.addEventListener("pointerup", (event) => {
    if (!start) return;
    const [x, y] = placeOf(event);
    const from = start;
    start = null;
    if (brush) {
      brush.remove();
      brush = null;
      const ends = (a, b) => [a, b].sort((one, other) => one - other).map((end) => String(Number(end.toPrecision(4))));
      state[frame.side] = ends(frame.fromX(from[0]), frame.fromX(x));
      state.label = ends(frame.fromY(from[1]), frame.fromY(y));
      update();
      return;
    }
    const run = nearestRun(frame, found, x, y);
    if (run) pick(run, event.shiftKey ? "b" : "a");
  });
}
