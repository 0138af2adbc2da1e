// One review: the people of the visit move on the plan, units are changed, and everything is decided by keys.

const svg = (name, attributes, parent) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent?.append(element);
  return element;
};
const byId = (id) => document.getElementById(id);

// --- units ---

const rows = [...document.querySelectorAll(".lines tbody tr")].filter((row) => row.querySelector(".units"));
const added = byId("add");

function tell() {
  const changed = rows.some((row) => row.querySelector(".units").value !== row.querySelector(".units").dataset.listed) || !!added?.value.trim();
  byId("changed").hidden = !changed;
  byId("total").hidden = changed;
  byId("charge").hidden = !rows.length && !changed;
  for (const span of byId("charge").querySelectorAll("[data-as]")) span.hidden = (span.dataset.as === "changed") !== changed;
}

function step(row, by) {
  const units = row.querySelector(".units");
  units.value = Math.max(0, Math.min(1000, (parseInt(units.value, 10) || 0) + by));
  tell();
}

rows.forEach((row) => {
  row.querySelector(".less").addEventListener("click", () => step(row, -1));
  row.querySelector(".more").addEventListener("click", () => step(row, 1));
  row.querySelector(".units").addEventListener("input", tell);
});
added?.addEventListener("input", tell);

function choose(by) {
  const inputs = rows.map((row) => row.querySelector(".units"));
  const now = inputs.indexOf(document.activeElement);
  const next = inputs[Math.max(0, Math.min(inputs.length - 1, now < 0 ? 0 : now + by))];
  next?.focus();
  next?.select();
}

// A line shows the shelf events that made it.
rows.forEach((row) => row.querySelector(".units").addEventListener("focus", () => {
  const own = new Set(row.dataset.events.split(" "));
  for (const event of document.querySelectorAll(".event")) event.classList.toggle("own", own.has(event.dataset.event));
}));

// --- one press, one decision ---

// A double click, or a key that is held down, must not decide the visit that comes up next: nobody has read that one yet.
const READ_MS = 500;
const deciding = byId("decide");
const buttons = deciding ? [...deciding.querySelectorAll("[name=verdict]")] : [];
function wait() {
  buttons.forEach((button) => { button.disabled = true; });
  setTimeout(() => buttons.forEach((button) => { button.disabled = false; }), READ_MS);
}
let sent = false;
deciding?.addEventListener("submit", (event) => { if (sent) event.preventDefault(); sent = true; });
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
wait();

// --- keys ---

const keys = { c: "charge", w: "waive", l: "later", n: "next" };
document.addEventListener("keydown", (key) => {
  if (key.ctrlKey || key.altKey || key.metaKey) return;
  const inUnits = key.target.matches?.(".units");
  if (key.key === "ArrowDown" || key.key === "ArrowUp") {
    if (inUnits || key.target === document.body || key.target.id === "main") { key.preventDefault(); choose(key.key === "ArrowDown" ? 1 : -1); }
    return;
  }
  if (inUnits && (key.key === "+" || key.key === "-")) { key.preventDefault(); step(key.target.closest("tr"), key.key === "+" ? 1 : -1); return; }
  if (!inUnits && key.target.closest("input, textarea, select")) return;
  if (key.key === " " && !key.target.closest("button, a, summary")) { key.preventDefault(); byId("play")?.click(); }
  else if (key.key === "ArrowRight" || key.key === "ArrowLeft") { if (!inUnits) player?.skip(key.key === "ArrowRight" ? 2 : -2); }
  else {
    const button = byId(keys[key.key.toLowerCase()] || "");
    if (!button || button.hidden) return;
    key.preventDefault();
    if (key.repeat) return;
    const password = byId("password");
    if (password && !password.value && ["charge", "waive"].includes(button.id)) password.focus();
    else button.click();
  }
});

// --- the floor ---

const floor = document.querySelector("[data-ways]");
let player = null;

const GAP_S = 2, SPEED = 2;

function where(points, t) {
  let low = 0, high = points.length;
  while (low < high) { const middle = (low + high) >> 1; if (points[middle][0] <= t) low = middle + 1; else high = middle; }
  const a = points[low - 1], b = points[low];
  if (!a || t - a[0] > GAP_S) return null;
  if (!b || b[0] - a[0] > GAP_S) return a.slice(1);
  const share = (t - a[0]) / Math.max(b[0] - a[0], 1e-6);
  return [a[1] + share * (b[1] - a[1]), a[2] + share * (b[2] - a[2]), Math.min(a[3], b[3])];
}

function play(data) {
  const people = byId("people"), says = byId("says"), slider = byId("when"), button = byId("play"), clock = byId("clock");
  const length = data.ended_s - data.began_s;
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: data.zone });
  const figures = data.ways.map((way) => {
    const group = svg("g", { class: `person ${way.colour}` }, people);
    svg("circle", { r: way.own ? 17 : 14 }, group);
    svg("text", { "text-anchor": "middle" }, group).textContent = way.name;
    return group;
  });
  const texts = new Map([...document.querySelectorAll(".event")].map((event) => [event.dataset.event, event.querySelector(".best .said")?.textContent.replace(/\s+/g, " ").trim() || ""]));
  let now = 0, running = false, before = 0;
  const draw = () => {
    slider.value = String(Math.round((now / length) * 1000));
    clock.textContent = format.format(new Date((data.began_s + now) * 1000));
    data.ways.forEach((way, i) => {
      const at = where(way.points, now);
      figures[i].setAttribute("visibility", at ? "visible" : "hidden");
      if (!at) return;
      figures[i].setAttribute("transform", `translate(${at[0]} ${at[1]})`);
      figures[i].classList.toggle("unsure", at[2] < 0.9);
    });
    says.replaceChildren();
    for (const event of data.events) {
      const age = now - event.t;
      const near = age >= 0 && age < 2.5;
      document.querySelector(`.event[data-event="${CSS.escape(event.id)}"]`)?.classList.toggle("lit", near);
      if (near) svg("text", { x: event.at[0], y: event.at[1] - 14, class: "say", "text-anchor": "middle" }, says).textContent = texts.get(event.id) || "";
    }
    const box = says.ownerSVGElement.viewBox.baseVal;
    for (const text of says.children) {
      const half = text.getComputedTextLength() / 2;
      text.setAttribute("x", Math.min(Math.max(Number(text.getAttribute("x")), box.x + half + 4), box.x + box.width - half - 4));
    }
  };
  const frame = (at) => {
    if (!running) return;
    now = Math.min(length, now + ((at - before) / 1000) * SPEED);
    before = at;
    draw();
    if (now >= length) stop(); else requestAnimationFrame(frame);
  };
  const stop = () => { running = false; button.textContent = "▶"; };
  const start = () => { if (now >= length) now = 0; running = true; button.textContent = "❚❚"; before = performance.now(); requestAnimationFrame(frame); };
  const seek = (t) => { now = Math.max(0, Math.min(length, t)); draw(); };
  button.addEventListener("click", () => (running ? stop() : start()));
  slider.addEventListener("input", () => { stop(); seek((Number(slider.value) / 1000) * length); });
  for (const event of document.querySelectorAll("[data-seek]")) {
    event.addEventListener("click", () => { seek(Number(event.dataset.seek) - data.began_s - 2); if (!running) start(); });
  }
  draw();
  return { skip: (by) => { stop(); seek(now + by); } };
}

if (floor && byId("play")) {
  fetch(floor.dataset.ways).then((answer) => answer.json()).then((data) => { player = play(data); });
}
if (rows.length || added) tell();
