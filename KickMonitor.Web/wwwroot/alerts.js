"use strict";
// Tells when somebody goes live, if this browser was asked to: by a notification, a sound, or both. A hidden tab is not drawn,
// so this asks by itself, and only while it is switched on.
(() => {
  const key = "kickmonitor.alerts";
  const every = 15000;
  const [, , isLive] = document.documentElement.dataset.words.split("|");
  let wish = read();
  let after = null;

  function read() {
    try {
      return { who: "nobody", sound: false, ...JSON.parse(localStorage.getItem(key) ?? "{}") };
    } catch {
      return { who: "nobody", sound: false };
    }
  }

  // Two short tones; no file to load.
  let audio = null;
  function sound() {
    audio ??= new AudioContext();
    [[660, 0], [990, 0.14]].forEach(([pitch, at]) => {
      const tone = new OscillatorNode(audio, { frequency: pitch, type: "square" });
      const volume = new GainNode(audio, { gain: 0.05 });
      volume.gain.setTargetAtTime(0, audio.currentTime + at + 0.1, 0.03);
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.25);
    });
  }

  async function look() {
    if (wish.who === "nobody" || !document.querySelector("form.signout")) {
      after = null;
      return;
    }
    let found;
    try {
      const answer = await fetch(`/live/starts?${after === null ? "" : `after=${after}&`}favourites=${wish.who === "favourites"}`, { cache: "no-store" });
      if (!answer.ok || !answer.headers.get("content-type")?.includes("json")) {
        return;
      }
      found = await answer.json();
    } catch {
      return;
    }
    after = found.next;
    if (found.items.length === 0) {
      return;
    }
    if (wish.sound) {
      sound();
    }
    if (globalThis.Notification?.permission === "granted") {
      for (const start of found.items.slice(-4)) {
        const note = new Notification(isLive.replace("{0}", start.name), { body: start.title ?? "", tag: `live-${start.streamerId}` });
        note.onclick = () => {
          window.focus();
          location.href = `/streamers/${encodeURIComponent(start.slug)}`;
        };
      }
    }
  }

  function show() {
    document.querySelectorAll("[data-alert=who]").forEach((f) => { f.value = wish.who; });
    document.querySelectorAll("[data-alert=sound]").forEach((f) => { f.checked = wish.sound; });
    const refused = wish.who !== "nobody" && globalThis.Notification?.permission === "denied";
    document.querySelectorAll("[data-alert=refused]").forEach((f) => { f.hidden = !refused; });
  }

  document.addEventListener("change", async (e) => {
    const field = e.target.closest?.("[data-alert]");
    if (!field) {
      return;
    }
    wish = field.dataset.alert === "who" ? { ...wish, who: field.value } : { ...wish, sound: field.checked };
    localStorage.setItem(key, JSON.stringify(wish));
    if (wish.who !== "nobody" && globalThis.Notification?.permission === "default") {
      await Notification.requestPermission();
    }
    if (wish.sound) {
      sound();
    }
    show();
    look();
  });
  document.addEventListener("toggle", show, true);
  setInterval(look, every);
  look();
})();
