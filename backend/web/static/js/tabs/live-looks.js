/** Who looked at where one was: for everybody, about themselves. */

import { request } from '../api.js';
import { el } from '../dom.js';
import { dateTime, day, t } from '../i18n.js';
import { loading, problemCard } from '../parts.js';

const SHOWN = 50;

export function looksFold() {
  const body = el('div.panel-part');
  const node = el('details.fold', { ontoggle: () => { if (node.open) load(); } }, el('summary', {}, t('live.looks')), body);

  async function load() {
    body.replaceChildren(loading());
    try {
      const { items } = await request('/v1/me/looks', { query: { limit: SHOWN } });
      body.replaceChildren(el('p.quiet.little', {}, t('live.looks.lead')), items.length
        ? el('ul.row-list', { 'aria-label': t('live.looks') }, items.map((one) => el('li.little', {},
          el('strong', {}, one.looked_by_name), ` · ${t(`live.looked.${one.what}`, { day: day(one.on_date) })} · ${dateTime(one.looked_at)}`)))
        : el('p.quiet', {}, t('live.no_looks')));
    } catch (problem) {
      body.replaceChildren(problemCard(problem, load));
    }
  }

  return node;
}
