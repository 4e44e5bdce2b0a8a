/** What was decided about pins, by whom and when; the last word on an account can be taken back. */

import { request } from '../api.js';
import { el } from '../dom.js';
import { dateTime, distance, t } from '../i18n.js';
import { loading, problemCard, showProblem } from '../parts.js';

const SHOWN = 30;
const WRITERS = ['rep', 'manager', 'agent', 'admin'];

/** `on`: {undone(answer)}. */
export function historyFold(desk, on) {
  const body = el('div.panel-part');
  const node = el('details.fold.card.quality', { ontoggle: () => { if (node.open) load(); } }, el('summary', {}, t('quality.history')), body);

  async function load() {
    body.replaceChildren(loading());
    try {
      const { items } = await request('/v1/pins/answers', { query: { limit: SHOWN } });
      body.replaceChildren(items.length ? el('ul.row-list', { 'aria-label': t('quality.history') }, items.map((one) => el('li', {}, row(one)))) : el('p.quiet', {}, t('quality.no_history')));
    } catch (problem) {
      body.replaceChildren(problemCard(problem, load));
    }
  }

  function row(one) {
    const message = el('p.message', { role: 'alert', hidden: true });
    const canUndo = WRITERS.includes(desk.user.role) && one.kind !== 'undo' && !one.is_undone;
    const button = el('button.small', { type: 'button', 'aria-label': `${t('quality.undo')}: ${one.account_name}`, onclick: undo }, t('quality.undo'));
    async function undo() {
      button.disabled = true;
      try {
        on.undone(await request(`/v1/pins/answers/${one.id}/undo`, { method: 'POST' }));
      } catch (problem) {
        showProblem(message, problem);
      }
    }
    const what = [t(`quality.kind.${one.kind}`, { distance: distance(one.moved_m) }), one.is_undone && t('quality.is_undone')].filter(Boolean).join(' · ');
    return el('div.row', {},
      el('span.main', {}, el('strong', {}, one.account_name), el('span.little', {}, what), el('span.quiet.little', {}, `${one.answered_by_name} · ${dateTime(one.answered_at)}`)),
      canUndo ? el('span.end', {}, button) : el('span'), message);
  }

  return { node, reload: () => { if (node.open) load(); } };
}
