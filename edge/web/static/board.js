// The board: asks what to show on opening, when something changed, and when what it shows is over.

const board = document.getElementById("board");
const gate = document.body.dataset.gate;
const AGAIN_MS = 5000; // without a shop, and as a net below the stream
let over = null;
let asked = 0;

function text(name, said) {
  const line = document.createElement("p");
  line.className = name;
  line.textContent = said;
  return line;
}

// What newcomers read with their phones: the picture is another one as soon as somebody has used it.
function joining(join) {
  const part = document.createElement("div");
  part.className = "join";
  const picture = document.createElement("img");
  picture.src = `${gate}/join.svg?${join.mark}`;
  picture.alt = join.texts[0].text;
  part.append(picture, ...join.texts.map((said) => {
    const line = text("small", said.text);
    line.lang = said.language;
    return line;
  }));
  return part;
}

async function look() {
  const turn = (asked += 1);
  clearTimeout(over);
  let told;
  try {
    const answer = await fetch(`${gate}/state${location.search}`, { cache: "no-store" });
    told = await answer.json();
  } catch {
    if (turn === asked) over = setTimeout(look, AGAIN_MS);
    return;
  }
  if (turn !== asked) return;
  board.className = told.kind;
  board.replaceChildren(...told.texts.map((said) => {
    const part = document.createElement("div");
    part.className = "text";
    part.lang = said.language;
    part.append(text("large", said.large));
    if (said.amount) part.append(text("amount", said.amount));
    if (said.small) part.append(text("small", said.small));
    return part;
  }));
  if (told.join) board.append(joining(told.join));
  over = setTimeout(look, told.for_s ? told.for_s * 1000 + 50 : AGAIN_MS);
}

const stream = new EventSource(`${gate}/events`);
stream.addEventListener("changed", look);
stream.addEventListener("open", look);
document.addEventListener("visibilitychange", () => document.hidden || look());
look();

async function stayAwake() {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // the tablet's own setting holds
  }
}
stayAwake();
document.addEventListener("visibilitychange", () => document.hidden || stayAwake());

const full = document.getElementById("full");
full.hidden = !document.documentElement.requestFullscreen;
full.addEventListener("click", () => document.documentElement.requestFullscreen());
document.addEventListener("fullscreenchange", () => (full.hidden = Boolean(document.fullscreenElement)));
