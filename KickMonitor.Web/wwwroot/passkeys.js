"use strict";
(() => {
  // A form with data-passkey names the address that says which passkey is wanted; it is sent with what the device answers.
  document.addEventListener("submit", (e) => {
    const form = e.target.closest("form[data-passkey]");
    if (form) {
      e.preventDefault();
      e.stopImmediatePropagation();
      begin(form);
    }
  }, true);

  async function begin(form) {
    const problem = form.querySelector("[role=alert]");
    const say = (text) => { problem.textContent = text; problem.hidden = false; };
    problem.hidden = true;
    if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
      say(form.dataset.unable);
      return;
    }
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const answer = await fetch(form.dataset.passkey, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (!answer.ok) {
        say(answer.status === 403 ? await answer.text() : form.dataset.failed);
        return;
      }
      const wanted = await answer.json();
      const credential = wanted.rp
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(wanted) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(wanted) });
      form.querySelector("[data-credential]").value = JSON.stringify(credential);
      form.submit();
    } catch (error) {
      say(error.name === "SecurityError" ? form.dataset.unable : form.dataset.failed);
    } finally {
      button.disabled = false;
    }
  }

  // Pictures are cut to a square and made small before they are sent; without this script they must be small already.
  document.addEventListener("change", async (e) => {
    const field = e.target;
    if (!field.matches?.("input[type=file][data-square]") || field.files.length !== 1) {
      return;
    }
    try {
      const bitmap = await createImageBitmap(field.files[0]);
      const [side, from] = [Number(field.dataset.square), Math.min(bitmap.width, bitmap.height)];
      const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
      canvas.getContext("2d").drawImage(bitmap, (bitmap.width - from) / 2, (bitmap.height - from) / 2, from, from, 0, 0, side, side);
      const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
      const files = new DataTransfer();
      files.items.add(new File([blob], "picture.png", { type: "image/png" }));
      field.files = files.files;
    } catch {
      // It is sent as it is, and the server says what is wrong with it.
    }
  });
})();
