'use strict';

const said = document.getElementById('said');

async function send(method, to, body) {
  const answer = await fetch('/sandbox/api/' + to, {
    method,
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  said.textContent = answer.ok ? '' : await reason(answer);
  await refresh(true);
}

async function reason(answer) {
  try {
    return (await answer.json()).error;
  } catch {
    return 'That did not work (' + answer.status + ').';
  }
}

function valuesOf(form) {
  const values = {};
  for (const field of form.elements) {
    if (!field.name) continue;
    if (field.type === 'checkbox') values[field.name] = field.checked;
    else if (field.value === '') continue;
    else values[field.name] = field.type === 'number' ? Number(field.value) : field.value;
  }
  return values;
}

// The server draws; only the parts marked as live are taken from a fresh page, unless someone is using one.
async function refresh(now) {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of document.querySelectorAll('[data-live]')) {
    if (!now && (part.contains(document.activeElement) || part.matches(':hover'))) continue;
    const newer = fresh.querySelector('[data-live="' + part.dataset.live + '"]');
    if (newer && newer.innerHTML !== part.innerHTML) part.replaceChildren(...newer.childNodes);
  }
}

document.addEventListener('click', event => {
  const button = event.target.closest('button[data-send]');
  if (!button) return;
  const { send: method, to, body, field, ask, now, confirm: question } = button.dataset;
  if (question && !window.confirm(question)) return;
  if (!field) {
    send(method, to, body ? JSON.parse(body) : undefined);
    return;
  }
  const value = window.prompt(ask, now);
  if (value !== null && value !== '') send(method, to, { [field]: field === 'viewers' ? Number(value) : value });
});

document.addEventListener('submit', event => {
  const form = event.target.closest('form[data-send]');
  if (!form) return;
  event.preventDefault();
  send(form.dataset.send, form.dataset.to, valuesOf(form));
});

document.addEventListener('change', event => {
  const form = event.target.closest('form[data-at-once]');
  if (form) form.requestSubmit();
});

setInterval(() => { if (!document.hidden) refresh(false).catch(() => {}); }, 2000);
