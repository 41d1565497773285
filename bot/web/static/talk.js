// The conversation: what the server says is shown as plain text, what is typed is sent once.
"use strict";
(() => {
  const by = (id) => document.getElementById(id);
  const words = JSON.parse(by("words").content.textContent);
  const logs = { me: by("me"), room: by("room") };
  const form = by("form"), text = by("text"), line = by("line"), toast = by("toast");
  const wide = matchMedia("(min-width: 760px)");
  const presses = new Set(); // of this page: a toast is shown only where it was asked for
  const seen = new Set();
  let floor = 0, closed = false, fromRoom = 0;

  const make = (tag, cls = "", content = "") => {
    const node = document.createElement(tag);
    if (cls) node.className = cls;
    node.textContent = content;
    return node;
  };
  const newId = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  // --- saying -----------------------------------------------------------------------------------

  function tell(message, alert = false) {
    if (alert && typeof by("alert").showModal === "function") {
      by("alert-text").textContent = message;
      by("alert").showModal();
      return;
    }
    toast.textContent = message;
    toast.hidden = false;
    clearTimeout(tell.timer);
    tell.timer = setTimeout(() => { toast.hidden = true; }, 2500 + 120 * message.length);
  }

  function shut() {
    closed = true;
    form.hidden = true;
    status(words.gone);
  }

  function status(message) {
    line.textContent = message;
    line.hidden = !message;
  }

  // Sent again with the same name until it is stored: a second copy of it has no effect.
  async function post(path, body, headers) {
    for (let tries = 0; tries < 3 && !closed; tries += 1) {
      try {
        const answer = await fetch(path, { method: "POST", body, headers, credentials: "same-origin" });
        if (answer.ok) return true;
        if (answer.status === 403) { shut(); return false; }
        if (answer.status === 413) { tell(words.too_big, true); return false; }
        if (answer.status === 429) tell(words.too_fast);
        else if (answer.status < 500 && answer.status !== 408) return false;
      } catch { /* no network: once more */ }
      await pause(700 * 2 ** tries);
    }
    return false;
  }
  const postJson = (path, data) => post(path, JSON.stringify(data), { "Content-Type": "application/json" });

  // What she said herself stands on this page only; `again` sends it once more if it failed.
  async function say(bubble, again) {
    const own = make("div", "said own");
    own.append(make("span", "unseen", words.you), bubble);
    const mark = make("span", "mark", words.sending);
    own.append(mark);
    place(logs.me, own);
    const attempt = async () => {
      mark.textContent = words.sending;
      const ok = await again();
      mark.textContent = ok ? "" : words.unsent;
      own.classList.toggle("failed", !ok);
      if (ok || closed) return ok;
      const retry = make("button", "retry", words.again);
      retry.type = "button";
      retry.addEventListener("click", () => { retry.remove(); attempt(); });
      own.append(retry);
      tell(words.failed);
      return false;
    };
    return attempt();
  }

  function sayWords(said) {
    const id = newId();
    return say(make("span", "", said), () => postJson("say", { id, text: said }));
  }

  async function press(button, group, item) {
    const id = newId();
    const rows = [...group.querySelectorAll("button")];
    presses.add(id);
    for (const one of rows) one.disabled = true;
    button.classList.add("pressed");
    const body = { id, data: button.dataset.data, message: item.message, room: item.chat === "room" };
    if (item.chat === "room") {
      fromRoom = Date.now();
      if (!(await postJson("press", body)) && !closed) tell(words.failed);
    } else {
      await say(make("span", "", button.textContent), () => postJson("press", body));
    }
    await pause(800);
    for (const one of rows) one.disabled = false;
    button.classList.remove("pressed");
  }

  async function sendFile(file, kind, album) {
    if (file.size > words.most) { tell(words.too_big, true); return; }
    const id = newId();
    const bubble = make("span", "", kind === "voice" ? words.a_voice : words[kind === "photo" ? "a_photo" : "a_file"] + file.name);
    if (kind === "photo") {
      const image = make("img");
      image.alt = file.name;
      image.src = URL.createObjectURL(file);
      image.addEventListener("load", () => URL.revokeObjectURL(image.src));
      image.addEventListener("error", () => image.remove());
      bubble.append(image);
    }
    await say(bubble, () => post("file", file, {
      "Content-Type": "application/octet-stream", "X-Id": id, "X-Kind": kind, "X-Album": album,
      "X-Name": encodeURIComponent(file.name),
    }));
  }

  // --- showing ----------------------------------------------------------------------------------

  // What is new is scrolled to, unless she reads further up; of something long its beginning.
  const isNear = (log) => log.scrollHeight - log.scrollTop - log.clientHeight < 240;
  function place(log, node) {
    const near = isNear(log) || node.classList.contains("own");
    log.append(node);
    if (!near) return;
    const long = node.offsetHeight > log.clientHeight - 24;
    log.scrollTop = long ? node.offsetTop - log.offsetTop - 12 : log.scrollHeight;
  }
  for (const log of Object.values(logs)) {
    log?.addEventListener("load", () => { if (isNear(log)) log.scrollTop = log.scrollHeight; }, true);
  }

  function rowOf(buttons, group, item) {
    const row = make("div", "row");
    for (const [label, data] of buttons) {
      const button = make("button", "", label);
      button.type = "button";
      button.dataset.data = data;
      if (/^f\.\d+\.(back|skip|save|cancel|keep|review)$/.test(data) || data === "m.home") button.classList.add("quiet");
      if (/(\.send|\.sure|\.accept|^m\.report)$/.test(data)) button.classList.add("main");
      button.addEventListener("click", () => press(button, group, item));
      row.append(button);
    }
    return row;
  }

  function attachment(file) {
    if (file.kind === "image") {
      const link = make("a"), image = make("img");
      image.alt = words.image;
      image.loading = "lazy";
      link.href = image.src = file.url;
      link.target = "_blank";
      link.append(image);
      return link;
    }
    if (file.kind === "audio" || file.kind === "video") {
      const player = make(file.kind);
      player.controls = true;
      player.preload = "none";
      player.src = file.url;
      player.setAttribute("aria-label", file.name);
      return player;
    }
    const link = make("a", "save", words.save + file.name);
    link.href = file.url;
    return link;
  }

  function quizOf(item, group) {
    const asked = make("div", "row quiz");
    item.quiz.choices.forEach((choice, index) => {
      const button = make("button", "", choice);
      button.type = "button";
      button.addEventListener("click", () => {
        for (const one of asked.querySelectorAll("button")) one.disabled = true;
        button.classList.add("pressed");
        const right = index === item.quiz.right;
        group.querySelector(".said").append(make("p", "why", `${right ? words.right : words.wrong}${item.quiz.why}`));
        postJson("quiz", { id: newId(), message: item.message, choice: index });
      });
      asked.append(button);
    });
    return asked;
  }

  function draw(item) {
    const group = make("div", "group");
    group.dataset.message = item.message;
    group.dataset.id = item.id;
    const words_ = item.quiz ? item.quiz.ask : item.text;
    if (words_ || item.files || item.picture) {
      const said = make("div", item.card ? "said card" : "said");
      said.append(make("span", "unseen", words.it), make("span", "", words_));
      for (const file of item.files || []) said.append(attachment(file));
      if (item.picture) {
        const image = make("img");
        image.src = item.picture;
        image.alt = item.text || words.drawing;
        said.append(image);
      }
      group.append(said);
    }
    for (const buttons of item.rows || []) if (buttons.length) group.append(rowOf(buttons, group, item));
    if (item.quiz) group.append(quizOf(item, group));
    return group;
  }

  // A new question makes the buttons of earlier ones stale: they go.
  function strip(log, rows) {
    const asks = rows?.some((row) => row.some(([, data]) => data.startsWith("f.")));
    if (!asks) return;
    for (const button of log.querySelectorAll(".row button[data-data^='f.']")) {
      const row = button.parentElement;
      button.remove();
      if (!row.childElementCount) row.remove();
    }
  }

  const find = (log, message) => log.querySelector(`.group[data-message="${CSS.escape(message)}"]`);

  function show(item) {
    if (item.id) {
      if (seen.has(item.id)) return;
      seen.add(item.id);
    }
    const log = logs[item.chat];
    if (!log) return;
    if (item.toast) {
      if (presses.has(item.toast.split(".").pop())) tell(item.text, item.alert);
      return;
    }
    for (const gone of item.delete || []) find(log, gone)?.remove();
    if (item.strip) for (const row of find(log, item.strip)?.querySelectorAll(".row") || []) row.remove();
    strip(log, item.rows);
    const old = find(log, item.message);
    if (old && Number(old.dataset.id) > item.id) return;
    const group = draw(item);
    if (!group.childElementCount) return;
    if (old) {
      const held = old.contains(document.activeElement);
      old.replaceWith(group);
      if (held) group.querySelector("button")?.focus();
    } else {
      place(log, group);
    }
    announce(item);
  }

  function announce(item) {
    const tab = by(`tab-${item.chat}`);
    if (!tab || tab.getAttribute("aria-selected") === "true") return;
    if (item.chat === "me" && Date.now() - fromRoom < 6000 && !wide.matches) { fromRoom = 0; turn(tab); return; }
    tab.classList.add("news");
  }

  async function listen() {
    let first = true;
    while (!closed) {
      try {
        const wanted = `feed?after=${floor}&seen=${[...seen].join(",")}${first ? "" : "&wait=true"}`;
        const answer = await fetch(wanted, { credentials: "same-origin" });
        if (answer.status === 403) { shut(); return; }
        if (!answer.ok) throw new Error(String(answer.status));
        const news = await answer.json();
        news.items.forEach(show);
        floor = news.floor;
        for (const id of seen) if (id <= floor) seen.delete(id);
        status("");
        if (first) begin();
        first = false;
      } catch {
        status(words.offline);
        await pause(2000);
      }
    }
  }

  // After a quiet day the page is empty: one button to begin again.
  function begin() {
    for (const log of Object.values(logs)) if (log) log.scrollTop = log.scrollHeight;
    if (logs.me.querySelector(".group")) return;
    const item = { id: 0, message: "begin", chat: "me", text: "", rows: [[[words.start, "m.home"]]] };
    logs.me.append(draw(item));
  }

  // --- the box ----------------------------------------------------------------------------------

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const said = text.value.trim();
    if (!said) return;
    text.value = "";
    grow();
    text.focus();
    sayWords(said);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    form.requestSubmit();
  });
  const grow = () => { text.style.height = ""; text.style.height = `${text.scrollHeight + 4}px`; };
  text.addEventListener("input", grow);
  by("menu").addEventListener("click", async () => {
    const tab = by("tab-me");
    if (tab && !wide.matches) turn(tab);
    if (!(await postJson("press", { id: newId(), data: "m.home" })) && !closed) tell(words.failed);
  });

  const kindOf = (file) =>
    file.type.startsWith("image/") ? "photo" : file.type.startsWith("audio/") ? "voice" : file.type.startsWith("video/") ? "video" : "document";
  for (const input of [by("photo"), by("file"), by("audio")]) {
    input.addEventListener("change", async () => {
      const chosen = [...input.files];
      const album = chosen.length > 1 ? newId() : "";
      input.value = "";
      for (const file of chosen) await sendFile(file, kindOf(file), album);
    });
  }

  const voice = by("voice");
  let recorder = null;
  voice.addEventListener("click", async () => {
    if (recorder) { recorder.stop(); return; }
    if (!navigator.mediaDevices || !window.MediaRecorder) { by("audio").click(); return; }
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const parts = [];
      recorder = new MediaRecorder(stream);
      recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
      recorder.addEventListener("stop", () => {
        for (const track of stream.getTracks()) track.stop();
        voice.setAttribute("aria-pressed", "false");
        voice.textContent = words.voice;
        const ending = recorder.mimeType.includes("mp4") ? "m4a" : recorder.mimeType.includes("ogg") ? "ogg" : "webm";
        sendFile(new File(parts, `voice.${ending}`, { type: recorder.mimeType }), "voice", "");
        recorder = null;
      });
      recorder.start();
      voice.setAttribute("aria-pressed", "true");
      voice.textContent = words.stop;
      tell(words.recording);
    } catch { recorder = null; tell(words.no_voice); by("audio").click(); }
  });

  const where = by("where");
  where.hidden = !navigator.geolocation || !window.isSecureContext;
  where.addEventListener("click", () => navigator.geolocation.getCurrentPosition(({ coords }) => {
    const id = newId();
    say(make("span", "", words.a_place), () => postJson("where", { id, latitude: coords.latitude, longitude: coords.longitude }));
  }, () => tell(words.no_place), { timeout: 15000 }));

  // --- two sides of an officer's page -----------------------------------------------------------

  const tabs = [...document.querySelectorAll("[role=tab]")];
  function turn(tab) {
    for (const other of tabs) {
      const on = other === tab;
      other.setAttribute("aria-selected", String(on));
      other.tabIndex = on ? 0 : -1;
      by(other.getAttribute("aria-controls")).classList.toggle("shown", on);
    }
    tab.classList.remove("news");
    const log = logs[tab.dataset.chat];
    log.scrollTop = log.scrollHeight;
  }
  for (const tab of tabs) {
    tab.addEventListener("click", () => turn(tab));
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = tabs[1 - tabs.indexOf(tab)];
      turn(other);
      other.focus();
    });
  }

  listen();
})();
