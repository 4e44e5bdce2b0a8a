/** Working hours: of everybody, and of those who have their own. */

import { request } from '../api.js';
import { el, input } from '../dom.js';
import { t } from '../i18n.js';
import { loading, problemCard, showProblem } from '../parts.js';

/** `on`: {changed()}. */
export function hoursFold(desk, on) {
  const body = el('div.panel-part');
  const node = el('details.fold', { ontoggle: () => { if (node.open) load(); } }, el('summary', {}, t('live.hours')), body);

  async function load() {
    body.replaceChildren(loading());
    try {
      show(await request('/v1/live/hours'));
    } catch (problem) {
      body.replaceChildren(problemCard(problem, load));
    }
  }

  function show(hours) {
    const set = new Map(hours.map((one) => [one.rep_id, one.hours]));
    body.replaceChildren(el('p.quiet.little', {}, t('live.hours.lead')),
      form(null, t('live.hours.everybody'), set.get(null)), ...desk.reps.map((one) => form(one.id, one.full_name, set.get(one.id))));
  }

  function form(repId, label, hours) {
    const message = el('p.message', { role: 'alert', hidden: true });
    const field = input('hours', label, { value: hours ?? '', maxLength: 510, placeholder: repId ? t('live.hours.as_everybody') : 'Mo-Sa 08:00-17:30' });
    return el('form', { onsubmit: async (event) => {
      event.preventDefault();
      message.hidden = true;
      try {
        show(await request('/v1/live/hours', { method: 'PUT', body: { rep_id: repId, hours: field.querySelector('input').value.trim() || null } }));
        on.changed();
      } catch (problem) {
        showProblem(message, problem);
      }
    } }, el('div.actions', {}, field, el('button.small', { type: 'submit', 'aria-label': `${t('live.hours.set')}: ${label}` }, t('live.hours.set'))), message);
  }

  return node;
}
