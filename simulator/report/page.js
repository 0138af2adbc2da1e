"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const svg = (name, attributes, parent) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (parent) parent.append(element);
    return element;
  };

  // --- everybody's way: [seconds, x, y] again from differences ---
  const TAIL_S = 5, GAP_S = 2, SAY_S = 2.6;
  const walks = data.walks.map((walk) => {
    const points = [];
    let t = 0, x = 0, y = 0;
    for (let i = 0; i < walk.steps.length; i += 3) {
      t += walk.steps[i]; x += walk.steps[i + 1]; y += walk.steps[i + 2];
      points.push([t / 10, x, y]);
    }
    return { ...walk, points };
  });

  const plan = document.querySelector(".plan");
  const people = byId("people"), says = byId("says");
  const visits = new Map(data.visits.map((v) => [v.id, v]));
  const figures = walks.map((walk) => {
    const group = svg("g", { class: "person v" }, people);
    if (walk.hue !== null && walk.hue !== undefined) group.style.setProperty("--h", walk.hue);
    const tail = svg("polyline", { class: "tail" }, group);
    const dot = svg("circle", { r: walk.visit ? 11 : 7 }, group);
    const label = svg("text", {}, group);
    label.textContent = walk.visit && visits.has(walk.visit) ? visits.get(walk.visit).name : "";
    group.setAttribute("visibility", "hidden");
    return { group, tail, dot, label };
  });

  const last = (points, t) => {
    let low = 0, high = points.length;
    while (low < high) { const middle = (low + high) >> 1; if (points[middle][0] <= t) low = middle + 1; else high = middle; }
    return low - 1;
  };

  const where = (points, i, t) => {
    const a = points[i], b = points[i + 1];
    if (!b || b[0] - a[0] > GAP_S) return [a[1], a[2]];
    const share = (t - a[0]) / Math.max(b[0] - a[0], 1e-6);
    return [a[1] + share * (b[1] - a[1]), a[2] + share * (b[2] - a[2])];
  };

  const carts = (t) => {
    const held = new Map();
    for (const event of data.events) {
      if (event.t > t) break;
      for (const [visit, quantity] of event.shares) held.set(visit, (held.get(visit) || 0) + quantity);
    }
    return held;
  };

  const marks = [...document.querySelectorAll(".plan .mark")];
  const slider = byId("now"), output = byId("clock"), play = byId("play"), lanes = byId("lanes");
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: data.zone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const end = Number(slider.max);
  const playhead = document.createElement("i");
  playhead.className = "playhead";
  lanes.append(playhead);
  const track = lanes.querySelector(".clock .track");

  let now = 0, started = false;
  const draw = () => {
    slider.value = now;
    output.textContent = format.format(new Date((data.beganS + now) * 1000));
    playhead.style.left = `${track.offsetLeft + (now / end) * track.offsetWidth}px`;
    playhead.hidden = !started;
    plan.classList.toggle("playing", started);
    if (!started) return;
    const held = carts(now);
    walks.forEach((walk, k) => {
      const { group, tail, dot, label } = figures[k];
      const i = last(walk.points, now);
      const visible = i >= 0 && now - walk.points[i][0] < GAP_S;
      group.setAttribute("visibility", visible ? "visible" : "hidden");
      if (!visible) return;
      const [x, y] = where(walk.points, i, now);
      const from = Math.max(0, last(walk.points, now - TAIL_S) + 1);
      const points = walk.points.slice(from, i + 1).map((p) => `${p[1]},${p[2]}`);
      tail.setAttribute("points", [...points, `${x},${y}`].join(" "));
      dot.setAttribute("cx", x); dot.setAttribute("cy", y);
      label.setAttribute("x", x); label.setAttribute("y", y - 21);
      const count = held.get(walk.visit) || 0;
      const name = visits.has(walk.visit) ? visits.get(walk.visit).name : "";
      label.textContent = name && count > 0 ? `${name} · ${count}` : name;
    });
    says.replaceChildren();
    const box = plan.viewBox.baseVal, spoken = [];
    data.events.forEach((event, k) => {
      const age = now - event.t;
      if (marks[k]) marks[k].classList.toggle("later", age < 0);
      if (age < 0 || age > SAY_S) return;
      event.shares.forEach(([visit, quantity, product], line) => {
        const text = svg("text", { class: "say v", opacity: Math.min(1, (SAY_S - age) * 1.4) }, says);
        if (visits.has(visit)) text.style.setProperty("--h", visits.get(visit).hue);
        const name = product.length > 24 ? `${product.slice(0, 23)}…` : product;
        text.textContent = `${quantity > 0 ? "+" : "−"}${Math.abs(quantity)} ${name}`;
        const half = text.getComputedTextLength() / 2, high = parseFloat(getComputedStyle(text).fontSize) + 3;
        const x = Math.min(Math.max(event.x, box.x + half + 4), box.x + box.width - half - 4);
        let y = Math.max(box.y + high, event.y - high - age * 6 - line * high);
        while (spoken.some((s) => Math.abs(s.y - y) < high - 1 && Math.abs(s.x - x) < s.half + half + 6)) y += high;
        spoken.push({ x, y, half });
        text.setAttribute("x", x);
        text.setAttribute("y", y);
      });
    });
  };

  // --- the player ---
  let running = false, speed = Number(document.querySelector('[data-speed][aria-pressed="true"]').dataset.speed), before = 0;
  const frame = (at) => {
    if (!running) return;
    now = Math.min(end, now + ((at - before) / 1000) * speed);
    before = at;
    draw();
    if (now >= end) stop(); else requestAnimationFrame(frame);
  };
  const stop = () => { running = false; play.textContent = "▶"; play.setAttribute("aria-label", "Play"); };
  const start = () => {
    if (now >= end) now = 0;
    running = started = true;
    play.textContent = "❚❚"; play.setAttribute("aria-label", "Pause");
    before = performance.now();
    requestAnimationFrame(frame);
  };
  const seek = (t) => { started = true; now = Math.min(end, Math.max(0, t)); draw(); };
  play.addEventListener("click", () => (running ? stop() : start()));
  slider.addEventListener("input", () => seek(Number(slider.value)));
  for (const button of document.querySelectorAll("[data-speed]")) {
    button.addEventListener("click", () => {
      speed = Number(button.dataset.speed);
      for (const other of document.querySelectorAll("[data-speed]")) other.setAttribute("aria-pressed", String(other === button));
    });
  }
  lanes.addEventListener("click", (click) => {
    const lane = click.target.closest(".track");
    if (!lane || click.target.closest("a")) return;
    const box = lane.getBoundingClientRect();
    seek(((click.clientX - box.left) / box.width) * end);
  });
  document.addEventListener("keydown", (key) => {
    if (key.target.closest("input, button, summary, a")) return;
    if (key.code === "Space") { key.preventDefault(); running ? stop() : start(); }
    if (key.code === "ArrowRight") seek(now + 2);
    if (key.code === "ArrowLeft") seek(now - 2);
  });
  addEventListener("resize", draw);

  // --- a visit under the pointer stands out on the plan ---
  const stand = (visit) => {
    for (const element of plan.querySelectorAll("[data-visit]")) element.classList.toggle("dim", visit !== null && element.dataset.visit !== visit);
  };
  for (const lane of lanes.querySelectorAll("[data-visit]")) {
    lane.addEventListener("pointerenter", () => stand(lane.dataset.visit));
    lane.addEventListener("pointerleave", () => stand(null));
  }

  // --- shelf events: links open them, filters choose among them ---
  const events = [...document.querySelectorAll("details.event")];
  const reveal = () => {
    const found = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)));
    if (!found || !found.matches("details.event")) return;
    found.hidden = false;
    found.open = true;
    found.classList.add("flash");
    setTimeout(() => found.classList.remove("flash"), 1600);
    found.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", reveal);
  reveal();
  const chosen = {
    "all": () => true,
    "doubtful": (e) => "doubtful" in e.dataset,
    "put back": (e) => "back" in e.dataset,
    "wrong": (e) => "wrong" in e.dataset,
  };
  for (const button of document.querySelectorAll("[data-filter]")) {
    button.addEventListener("click", () => {
      for (const event of events) event.hidden = !chosen[button.dataset.filter](event);
      for (const other of document.querySelectorAll("[data-filter]")) other.setAttribute("aria-pressed", String(other === button));
    });
  }
  const fold = byId("fold");
  if (fold) fold.addEventListener("click", () => {
    const open = fold.textContent === "open all";
    for (const event of events) event.open = open;
    fold.textContent = open ? "close all" : "open all";
  });

  byId("theme").addEventListener("click", () => {
    const dark = document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
  });

  const asked = new URLSearchParams(location.search).get("t");
  if (asked !== null) seek(Number(asked)); else draw();
})();
