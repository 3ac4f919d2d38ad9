"use strict";
// Everything from the wire is put in as text or as an attribute's value, never as markup.

const byId = (id) => document.getElementById(id);

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

const path = (...parts) => parts.map(encodeURIComponent).join("/");
const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString("en-GB");

function bytes(size) {
  if (size < 1000) return `${size} B`;
  return size < 1e6 ? `${(size / 1e3).toFixed(0)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}

function thumbnail(source, name, type) {
  const suffix = name.includes(".") ? name.split(".").pop().slice(0, 8) : "file";
  const plain = element("span", { class: "file" }, suffix);
  if (!type.startsWith("image/")) return plain;
  const image = element("img", { src: source, alt: name, loading: "lazy" });
  image.addEventListener("error", () => image.replaceWith(plain));
  return image;
}

// Show one element for each item. Those that are there already are changed in place, and only if
// their item changed: what somebody points at, clicks or has opened stays.
function show(list, items, key, draw) {
  const old = new Map([...list.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, place) => {
    const text = JSON.stringify(item);
    const before = old.get(key(item));
    const made = before && before.dataset.item === text ? before : draw(item, before);
    made.dataset.key = key(item);
    made.dataset.item = text;
    if (before && made !== before) before.remove();
    if (list.children[place] !== made) list.insertBefore(made, list.children[place] || null);
  });
  while (list.children.length > items.length) list.lastChild.remove();
}

function progressText(run) {
  if (run.status === "waiting") return say("{} ahead in the queue", run.ahead ?? 0);
  if (run.status !== "running") return "";
  const node = run.node ? ` · ${run.node} ${run.step}/${run.steps}` : "";
  return `${run.percent} %${node}`;
}

function figures(run, side) {
  return run.files
    .map((file, number) => [file, number])
    .filter(([file]) => file.side === side)
    .map(([file, number]) =>
      element(
        "figure",
        {},
        thumbnail(`/page/${path("runs", run.id, "files", number)}`, file.name, file.type),
        element("figcaption", {}, file.field),
      ),
    );
}

function drawFiles(run) {
  const [inputs, outputs] = [figures(run, "input"), figures(run, "output")];
  const arrow = element("span", { class: "arrow", "aria-label": say("became") }, "→");
  return element("div", { class: "files" }, ...inputs, ...(outputs.length ? [arrow] : []), ...outputs);
}

function drawRun(run, before) {
  const texts = Object.entries(run.inputs).map(([name, value]) => `${name}: ${value}`);
  const warnings = (run.info && run.info.warnings) || [];
  const card = before || element("button", { class: "run", type: "button" });
  const parts = [
    element(
      "div",
      { class: "row" },
      element("span", { class: `state ${run.status}` }, say(run.status)),
      element("span", { class: "name" }, run.workflow),
      element("span", { class: "faint" }, progressText(run)),
      element("span", { class: "when" }, `${run.seconds.toFixed(1)} s · ${clock(run.at)}`),
    ),
    run.status === "running" || run.status === "waiting"
      ? element("progress", { max: 100, value: run.percent, "aria-label": say("done") })
      : null,
    run.error
      ? element("p", { class: "problem failed" }, `${run.error.code}: ${run.error.message}`)
      : null,
    ...[].concat(warnings).map((each) => element("p", { class: "problem warning" }, `⚠ ${each}`)),
    element("div", { class: "faint" }, texts.join(" · ")),
  ];
  // Thumbnails that are there already are taken over: they would flicker.
  const files = JSON.stringify(run.files);
  const shown = before && before.querySelector(".files");
  const kept = shown && shown.dataset.files === files ? shown : drawFiles(run);
  kept.dataset.files = files;
  if (run.files.length) parts.push(kept);
  card.replaceChildren(...parts.filter((part) => part !== null));
  card.onclick = () => openDetails(run);
  return card;
}

function fieldTable(fields) {
  const rows = fields.map(([name, value]) =>
    element("tr", {}, element("td", {}, name), element("td", {}, element("code", {}, value || say("(empty)")))),
  );
  return element("table", {}, element("tbody", {}, ...rows));
}

function explain(refusal) {
  const parts = [];
  if (refusal.reason) parts.push(element("p", { class: "problem" }, refusal.reason));
  if (refusal.fields.length)
    parts.push(
      element(
        "details",
        {},
        element("summary", {}, say("what should have been signed")),
        fieldTable(refusal.fields),
      ),
    );
  return parts;
}

function drawRefusal(refusal) {
  const fault = refusal.fault ? say(" · the fault {}", refusal.fault) : "";
  return element(
    "li",
    {},
    element(
      "div",
      { class: "row" },
      element("span", { class: "name failed" }, refusal.code),
      element("span", { class: "faint" }, say(`{} · by the ${refusal.by}`, refusal.operation) + fault),
      element("span", { class: "when" }, clock(refusal.at)),
    ),
    element("p", {}, refusal.message),
    ...explain(refusal),
  );
}

function drawObject(object) {
  const name = object.key.split("/").pop();
  return element(
    "li",
    { title: `${object.key}\n${say("{}, {} bytes", object.type, object.size)}` },
    element(
      "figure",
      {},
      thumbnail(`/page/objects/${object.key.split("/").map(encodeURIComponent).join("/")}`, name, object.type),
      element("figcaption", {}, `${name} ${bytes(object.size)}`),
    ),
  );
}

function drawFault(fault) {
  const after = fault.after ? say(", after {} that go well", fault.after) : "";
  const clear = element("button", { type: "button", class: "small" }, say("Clear"));
  clear.addEventListener("click", () => change({ clear: [fault.operation, fault.name] }));
  const which = fault.operation === "*" ? say("any call") : fault.operation;
  const text = `${which}: ${fault.name} × ${fault.times}${after}`;
  return element("li", {}, text, clear);
}

function render(state) {
  show(byId("runs"), state.runs, (run) => run.id, drawRun);
  byId("no-runs").hidden = state.runs.length > 0;
  show(byId("refusals"), state.refusals, (each) => `${each.at} ${each.path} ${each.code}`, drawRefusal);
  byId("no-refusals").hidden = state.refusals.length > 0;
  show(byId("objects"), state.objects, (each) => each.key, drawObject);
  byId("no-objects").hidden = state.objects.length > 0;
  show(byId("faults"), state.faults, (each) => `${each.operation} ${each.name} ${each.after}`, drawFault);
  if (state.fault_rate > 0) {
    const percent = Math.round(state.fault_rate * 100);
    byId("faults").append(element("li", {}, say("any call: a random fault, {} %", percent)));
  }
  const counts = Object.entries(state.counts).filter(([, count]) => count > 0);
  const requests = counts.map(([name, count]) => `${count} ${name}`).join(" · ");
  byId("counts").textContent = requests;
  byId("runs-title").textContent = say("Runs ({})", state.run_count);
  byId("objects-title").textContent = say("Store ({})", state.object_count);
}

function drawExchange(exchange) {
  const refused = exchange.refusal;
  const status = exchange.status === null ? say("no answer") : `HTTP ${exchange.status}`;
  const fault = exchange.fault ? say(" · the fault {}", exchange.fault) : "";
  const made = element(
    "details",
    {},
    element(
      "summary",
      {},
      element("span", { class: "name" }, `${exchange.operation} `),
      element("span", { class: refused || exchange.status === null ? "failed" : "succeeded" }, status),
      element("span", { class: "faint" }, ` ${clock(exchange.at)}${fault}`),
    ),
    element("p", { class: "faint" }, `${exchange.method} ${exchange.path}`),
    ...(refused ? [element("p", { class: "problem failed" }, `${refused.code}: ${refused.message}`)] : []),
    ...(refused ? explain(refused) : []),
    element("h3", {}, say("sent, {}", bytes(exchange.size))),
    element("pre", {}, exchange.sent || (exchange.size ? say("a file") : say("nothing"))),
    element("h3", {}, say("answered")),
    element("pre", {}, exchange.answered || (exchange.operation === "get" ? say("a file") : say("nothing"))),
  );
  return made;
}

async function openDetails(run) {
  byId("details-title").textContent = `${run.workflow} · ${run.id}`;
  const conversation = byId("conversation");
  conversation.replaceChildren(element("p", { class: "faint" }, "…"));
  if (!byId("details").open) byId("details").showModal();
  const answer = await fetch(`/page/${path("runs", run.id)}`);
  const exchanges = answer.ok ? await answer.json() : [];
  conversation.replaceChildren(...exchanges.map(drawExchange));
  if (!exchanges.length) conversation.append(element("p", {}, say("Its requests are no longer remembered.")));
}

async function change(wanted) {
  const answer = await fetch("/page/faults", { method: "POST", body: JSON.stringify(wanted) });
  byId("fault-error").textContent = answer.ok ? "" : await answer.text();
}

async function offerFaults() {
  const known = await (await fetch("/page/faults")).json();
  const [operation, name] = [byId("operation"), byId("name")];
  const option = (value) =>
    element("option", { value }, value === "*" ? say("calls of any kind") : value);
  const fill = () => name.replaceChildren(...known[operation.value].map(option));
  operation.replaceChildren(...Object.keys(known).map(option));
  operation.addEventListener("change", fill);
  fill();
  byId("fault").addEventListener("submit", (event) => {
    event.preventDefault();
    change({ set: [operation.value, name.value, Number(byId("times").value)] });
  });
  byId("clear").addEventListener("click", () => change({ clear: "all" }));
}

function watch() {
  const events = new EventSource("/page/events");
  const live = byId("live");
  events.onmessage = (event) => {
    live.textContent = say("live");
    live.className = "on";
    render(JSON.parse(event.data));
  };
  events.onerror = () => {
    live.textContent = say("the emulator does not answer");
    live.className = "";
  };
}

byId("endpoint").textContent = location.origin;
offerFaults();
watch();
