/** What of a route is taken along: files, and links that open a navigation app. */

import { blobUrl, request } from '../api.js';
import { el } from '../dom.js';
import { t } from '../i18n.js';
import { showProblem } from '../parts.js';

const KEPT_MS = 60_000; // some browsers read the address of a download a while after the click

export function handouts(route) {
  const message = el('p.message', { role: 'alert', hidden: true });
  const links = el('div.actions', { hidden: true });

  /** A button that waits for its work and tells when it failed. */
  function button(label, work) {
    const node = el('button.small', {
      type: 'button',
      onclick: async () => {
        node.disabled = true;
        message.hidden = true;
        try {
          await work();
        } catch (problem) {
          showProblem(message, problem);
        }
        node.disabled = false;
      },
    }, label);
    return node;
  }

  async function navigate() {
    const { pieces } = await request(`/v1/routes/${route.id}/links`);
    links.replaceChildren(...pieces.map((one) => el('a', { href: one.google, target: '_blank', rel: 'noopener noreferrer' },
      t('navigate_part', { from: one.from_sequence, to: one.to_sequence }))));
    links.hidden = false;
  }

  return el('div', {},
    el('div.actions', {},
      button(t('download_gpx'), () => download(route, 'route.gpx', 'gpx')),
      button(t('download_sheet'), () => download(route, 'sheet.pdf', 'pdf')),
      button(t('navigate'), navigate)),
    links, message);
}

async function download(route, file, suffix) {
  const url = await blobUrl(`/v1/routes/${route.id}/${file}`);
  el('a', { href: url, download: `${route.on_date} ${route.rep_name}.${suffix}` }).click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
