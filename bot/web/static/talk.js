// The conversation: what the server says is shown as plain text, what is typed is sent once.
"use strict";
(() => {
  const words = JSON.parse(document.getElementById("words").content.textContent);
  const logs = { me: document.getElementById("me"), room: document.getElementById("room") };
  const form = document.getElementById("form");
  const text = document.getElementById("text");
  const toast = document.getElementById("toast");
  const presses = new Set();
  const seen = new Set();
  let last = 0;
  let closed = false;

  const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  const make = (tag, cls, content) => {
    const node = document.createElement(tag);
    if (cls) node.className = cls;
    if (content !== undefined) node.textContent = content;
    return node;
  };

  function tell(message, long) {
    toast.textContent = message;
    toast.hidden = false;
    clearTimeout(tell.timer);
    tell.timer = setTimeout(() => { toast.hidden = true; }, long ? 7000 : 3500);
  }

  async function send(path, body, headers) {
    for (let tries = 0; tries < 4; tries += 1) {
      try {
        const answer = await fetch(path, { method: "POST", body, headers, credentials: "same-origin" });
        if (answer.status === 403) { shut(); return false; }
        if (answer.ok) return true;
        if (answer.status < 500) return false;
      } catch { /* tried again below: the same id makes a second copy harmless */ }
      await new Promise((done) => setTimeout(done, 600 * 2 ** tries));
    }
    return false;
  }
  const sendJson = (path, data) => send(path, JSON.stringify(data), { "Content-Type": "application/json" });

  function shut() {
    closed = true;
    tell(words.gone, true);
  }

  function echo(content) {
    const node = make("div", "said own waiting", content);
    logs.me.append(node);
    node.scrollIntoView({ block: "end" });
    return node;
  }

  async function press(button, item) {
    const id = newId();
    presses.add(id);
    for (const one of button.closest(".group").querySelectorAll("button")) one.disabled = true;
    if (item.chat === "me") echo(button.textContent).classList.remove("waiting");
    const ok = await sendJson("press", { id, data: button.dataset.data, message: String(item.card || item.id), room: item.chat === "room" });
    if (!ok && !closed) tell(words.failed);
    setTimeout(() => { for (const one of button.closest(".group")?.querySelectorAll("button") || []) one.disabled = false; }, 1500);
  }

  function draw(item) {
    const group = make("div", "group");
    group.dataset.id = item.id;
    if (item.card) group.dataset.card = item.card;
    if (item.text || item.files || item.picture || item.quiz) {
      const said = make("div", item.card ? "said card" : "said", item.quiz ? item.quiz.ask : item.text);
      for (const file of item.files || []) {
        if (file.kind === "image") {
          const image = make("img");
          image.src = file.url;
          image.alt = words.image;
          said.append(image);
        } else {
          const link = make("a", "", file.name || words.other_file);
          link.href = file.url;
          said.append(make("br"), link);
        }
      }
      if (item.picture) {
        const image = make("img");
        image.src = item.picture;
        image.alt = item.text;
        said.append(image);
      }
      group.append(said);
    }
    for (const line of item.rows || []) {
      const row = make("div", "row");
      for (const [label, data] of line) {
        const button = make("button", "", label);
        button.type = "button";
        button.dataset.data = data;
        button.addEventListener("click", () => press(button, item));
        row.append(button);
      }
      group.append(row);
    }
    if (item.quiz) {
      item.quiz.choices.forEach((choice, index) => {
        const row = make("div", "row");
        const button = make("button", "", choice);
        button.type = "button";
        button.addEventListener("click", () => {
          for (const one of group.querySelectorAll("button")) one.disabled = true;
          sendJson("quiz", { id: newId(), message: String(item.id), choice: index });
        });
        row.append(button);
        group.append(row);
      });
    }
    return group;
  }

  function stripOld(log, item) {
    for (const row of log.querySelectorAll(".group:not([data-card]) .row button[data-data^='f.']")) row.closest(".row").remove();
    if (item.strip) for (const row of log.querySelectorAll(`.group[data-id="${CSS.escape(item.strip)}"] .row`)) row.remove();
  }

  function show(item) {
    if (seen.has(item.id)) return;
    seen.add(item.id);
    last = Math.max(last, item.id);
    const log = logs[item.chat];
    if (!log) return;
    if (item.toast) {
      const fresh = Date.now() - Date.parse(item.at) < 15000;
      if (item.text && fresh && presses.has(item.toast)) tell(item.text, item.alert);
      return;
    }
    const group = draw(item);
    if (!group.childElementCount) return;
    const old = item.card
      ? log.querySelector(`.group[data-card="${CSS.escape(item.card)}"]`)
      : item.replaces && log.querySelector(`.group[data-id="${CSS.escape(item.replaces)}"]`);
    if (item.rows?.some((line) => line.some(([, data]) => data.startsWith("f.")))) stripOld(log, item);
    for (const own of log.querySelectorAll(".waiting")) own.classList.remove("waiting");
    if (old) old.replaceWith(group); else log.append(group);
    if (!old) group.scrollIntoView({ block: "end" });
    const tab = document.getElementById(`tab-${item.chat}`);
    if (tab && tab.getAttribute("aria-selected") !== "true" && !tab.querySelector(".dot")) tab.append(make("span", "dot", " ●"));
  }

  async function listen() {
    let first = true;
    while (!closed) {
      try {
        const answer = await fetch(`feed?after=${last}${first ? "" : "&wait=true"}`, { credentials: "same-origin" });
        if (answer.status === 403) { shut(); return; }
        if (!answer.ok) throw new Error(String(answer.status));
        for (const item of await answer.json()) show(item);
        first = false;
      } catch {
        await new Promise((done) => setTimeout(done, 2000));
      }
    }
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = text.value.trim();
    if (!said) return;
    const node = echo(said);
    text.value = "";
    text.style.height = "";
    if (!(await sendJson("say", { id: newId(), text: said }))) {
      node.remove();
      text.value = said;
      tell(words.failed);
    }
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  });
  text.addEventListener("input", () => { text.style.height = "auto"; text.style.height = `${text.scrollHeight + 4}px`; });

  async function sendFile(file, kind, album) {
    if (file.size > 20 * 1024 * 1024) { tell(words.too_big, true); return; }
    const node = echo(`${words.file} ${file.name || ""}`);
    const ok = await send("file", file, {
      "Content-Type": "application/octet-stream", "X-Id": newId(), "X-Name": encodeURIComponent(file.name || ""),
      "X-Kind": kind, "X-Album": album,
    });
    if (!ok) { node.remove(); if (!closed) tell(words.failed); }
  }
  document.getElementById("file").addEventListener("change", async (event) => {
    const chosen = [...event.target.files];
    const album = chosen.length > 1 ? newId() : "";
    for (const file of chosen) await sendFile(file, file.type.startsWith("image/") ? "photo" : file.type.startsWith("audio/") ? "voice" : "document", album);
    event.target.value = "";
  });

  const voice = document.getElementById("voice");
  let recorder = null;
  voice.addEventListener("click", async () => {
    if (recorder) { recorder.stop(); return; }
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const parts = [];
      recorder = new MediaRecorder(stream);
      recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
      recorder.addEventListener("stop", () => {
        stream.getTracks().forEach((track) => track.stop());
        voice.setAttribute("aria-pressed", "false");
        sendFile(new File(parts, "voice.webm", { type: recorder.mimeType }), "voice", "");
        recorder = null;
      });
      recorder.start();
      voice.setAttribute("aria-pressed", "true");
      tell(words.recording, true);
    } catch { tell(words.no_voice, true); }
  });

  const where = document.getElementById("where");
  if (!navigator.geolocation || !window.isSecureContext) where.hidden = true;
  where.addEventListener("click", () => navigator.geolocation.getCurrentPosition((found) => {
    echo(words.place);
    sendJson("where", { id: newId(), latitude: found.coords.latitude, longitude: found.coords.longitude });
  }, () => tell(words.failed)));

  for (const tab of document.querySelectorAll("[role=tab]")) {
    tab.addEventListener("click", () => {
      for (const other of document.querySelectorAll("[role=tab]")) {
        const on = other === tab;
        other.setAttribute("aria-selected", String(on));
        if (on) other.querySelector(".dot")?.remove();
        logs[other.dataset.chat].hidden = !on;
      }
      form.hidden = tab.dataset.chat === "room";
      logs[tab.dataset.chat].lastElementChild?.scrollIntoView({ block: "end" });
    });
  }
  listen();
})();
