/** Files that the service makes of a question: a button each, and what was refused below them. */

import { request } from './api.js';
import { el } from './dom.js';
import { showProblem } from './parts.js';

const KEPT_MS = 60_000; // some browsers read the address of a download a while after the click

/** `files` are `{ label, path, name, body() }`, without a body to ask by; those that are null have no button. */
export function fileButtons(files) {
  const message = el('p.message', { role: 'alert', hidden: true });
  return el('div.files', {}, el('div.actions', {}, files.filter(Boolean).map((file) => button(file, message))), message);
}

function button(file, message) {
  const node = el('button.small', { type: 'button', onclick: async () => {
    node.disabled = true;
    message.hidden = true;
    try {
      const answer = await request(file.path, file.body ? { method: 'POST', body: file.body(), raw: true } : { raw: true });
      const url = URL.createObjectURL(await answer.blob());
      el('a', { href: url, download: file.name }).click();
      setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
    } catch (problem) {
      showProblem(message, problem);
    } finally {
      node.disabled = false;
    }
  } }, file.label);
  return node;
}
