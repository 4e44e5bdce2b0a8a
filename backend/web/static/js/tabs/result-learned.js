/** What visits and ways really take, and a planner's word on it: no, or another value. */

import { all, request } from '../api.js';
import { el } from '../dom.js';
import { number, t } from '../i18n.js';
import { latest, loading, problemCard, showProblem } from '../parts.js';
import { categoryName } from './prospects.js';

const SHOWN = 20;

/** A fold that loads when it is opened. */
export function learnedFold(desk) {
  const body = el('div');
  const run = latest();
  const load = () => {
    body.replaceChildren(loading());
    run(() => all('/v1/followup/learned'), (items, problem) => {
      if (problem) body.replaceChildren(problemCard(problem, load));
      else body.replaceChildren(items.length ? list(items, desk, load) : el('p.quiet', {}, t('learned.none')));
    });
  };
  const fold = el('details.fold.card', { ontoggle: () => fold.open && load() }, el('summary', {}, t('learned')), el('p.little.quiet', {}, t('learned.hint')), body);
  return fold;
}

function list(items, desk, reload) {
  const message = el('p.message', { role: 'alert', hidden: true });
  const send = async (one, method, body) => {
    message.hidden = true;
    try {
      await request(`/v1/followup/learned/${one.subject}/${encodeURIComponent(one.key)}`, { method, body });
      reload();
    } catch (problem) {
      showProblem(message, problem);
    }
  };
  return el('div', {}, message,
    el('ul.row-list', {}, items.slice(0, SHOWN).map((one) => item(one, desk, send))),
    items.length > SHOWN ? el('p.little.quiet', {}, t('learned.more', { count: number(items.length - SHOWN) })) : null);
}

function item(one, desk, send) {
  const unit = one.subject === 'account' ? 'minutes' : 'percent';
  const tell = (value) => (unit === 'minutes' ? t('minutes', { minutes: number(value) }) : `${number(value)} %`);
  const field = el('input', { type: 'number', min: unit === 'minutes' ? 1 : 50, max: unit === 'minutes' ? 480 : 400, value: one.in_use, 'aria-label': t('learned.value') });
  return el('li', { dataset: { learned: one.key } },
    el('strong', {}, nameOf(one)),
    el('div.number', {}, t('learned.instead', { value: tell(one.in_use), planned: tell(one.planned) })),
    el('div.little.quiet', {}, one.fixed_value !== null
      ? t('learned.fixed', { name: one.decided_by ?? '' }) : t('learned.seen', { count: number(one.observations) })),
    desk.isPlanner ? el('form.actions.short', {
      onsubmit: (event) => { event.preventDefault(); send(one, 'PATCH', { fixed_value: Number(field.value) }); },
    }, field, el('button.small', { type: 'submit' }, t('learned.fix')),
    el('button.small', { type: 'button', onclick: () => send(one, 'DELETE') }, t('learned.no'))) : null);
}

function nameOf(one) {
  if (one.subject === 'account') return one.name;
  if (one.subject === 'category') return categoryName(one.key);
  const [profile, hour] = one.key.split('-');
  return `${t(`profile.${profile}`)}: ${t('alarm.hour', { from: hour, to: Number(hour) + 1 })}`;
}
