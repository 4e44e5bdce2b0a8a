/** Calendars of a person's visits that phones and mail programs subscribe to: make one, end one. */

import { request } from '../api.js';
import { el, input } from '../dom.js';
import { dateTime, t } from '../i18n.js';
import { showProblem } from '../parts.js';

/** A folded list of the calendars of one person's visits. */
export function calendars(repId) {
  const message = el('p.message', { role: 'alert', hidden: true });
  const list = el('ul.dropped');
  const made = el('div', { hidden: true });
  const label = input(`calendar-${repId}`, t('calendar.label'), { maxLength: 200, placeholder: t('calendar.example') });

  /** Do something with the service; a problem is told here. */
  async function attempt(work) {
    message.hidden = true;
    try {
      await work();
    } catch (problem) {
      showProblem(message, problem);
    }
  }

  async function load() {
    const { items } = await request('/v1/calendar-feeds');
    const own = items.filter((one) => one.rep_id === repId);
    list.replaceChildren(...own.map((one) => el('li', {},
      el('span', {}, one.label || t('calendar.unnamed')),
      el('span.little.quiet', {}, dateTime(one.created_at)),
      el('button.small', { type: 'button', 'aria-label': `${t('calendar.end')}: ${one.label}`, onclick: () => attempt(() => end(one.id)) }, t('calendar.end')))));
  }

  async function end(id) {
    await request(`/v1/calendar-feeds/${id}`, { method: 'DELETE' });
    await load();
  }

  async function make() {
    const field = label.querySelector('input');
    const { url } = await request('/v1/calendar-feeds', { method: 'POST', body: { rep_id: repId, label: field.value.trim() } });
    const address = el('input', { readOnly: true, value: url, 'aria-label': t('calendar.address'), onfocus: () => address.select() });
    made.replaceChildren(el('p.little', {}, t('calendar.once')), address);
    made.hidden = false;
    field.value = '';
    await load();
    address.focus();
  }

  return el('details.fold', { ontoggle: (event) => { if (event.target.open) attempt(load); } },
    el('summary', {}, t('calendar.title')),
    el('p.little.quiet', {}, t('calendar.hint')),
    list, made,
    el('div.actions', {}, label, el('button.small', { type: 'button', onclick: () => attempt(make) }, t('calendar.make'))),
    message);
}
