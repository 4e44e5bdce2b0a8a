/** What visits and ways really take, and a planner's word on it: no, or another value. */

import { all, request } from '../api.js';
import { el } from '../dom.js';
import { number, t } from '../i18n.js';
import { latest, loading, problemCard, showProblem } from '../parts.js';
import { categoryName } from './prospects.js';

const SHOWN = 20;
const KINDS = ['first', 'order', 'delivery', 'service'];

/** A fold that loads when it is opened. */
export function learnedFold(desk) {
  const body = el('div');
  const run = latest();
  const load = () => {
    body.replaceChildren(loading());
    run(() => all('/v1/followup/learned'), (items, problem) => {
      if (problem) body.replaceChildren(problemCard(problem, load));
      else body.replaceChildren(...show(items, desk, load));
    });
  };
  const fold = el('details.fold.card', { ontoggle: () => fold.open && load() }, el('summary', {}, t('learned')), el('p.little.quiet', {}, t('learned.hint')), body);
  return fold;
}

function show(items, desk, reload) {
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
  const others = items.filter((one) => one.subject !== 'kind');
  return [message, kinds(items, desk, send), others.length ? list(others, desk, send) : el('p.quiet', {}, t('learned.none'))];
}

/** How long visits of each kind take, also of those of which nothing is known yet. */
function kinds(items, desk, send) {
  const known = new Map(items.filter((one) => one.subject === 'kind').map((one) => [one.key, one]));
  return el('section.kinds', {}, el('h2.minor', {}, t('kinds.title')), el('p.little.quiet', {}, t('kinds.hint')),
    el('ul.row-list', {}, KINDS.map((key) => (known.has(key) ? item(known.get(key), desk, send) : unknownKind(key, desk, send)))));
}

function unknownKind(key, desk, send) {
  const field = el('input', { type: 'number', min: 1, max: 480, required: true, 'aria-label': `${t('learned.value')}: ${t(`kind.${key}`)}` });
  return el('li', { dataset: { learned: key } },
    el('strong', {}, t(`kind.${key}`)), el('div.little.quiet', {}, t('kinds.usual')),
    desk.isPlanner ? el('form.actions.short', {
      onsubmit: (event) => { event.preventDefault(); send({ subject: 'kind', key }, 'PATCH', { fixed_value: Number(field.value) }); },
    }, field, el('button.small', { type: 'submit' }, t('learned.fix'))) : null);
}

function list(items, desk, send) {
  return el('div', {},
    el('ul.row-list', {}, items.slice(0, SHOWN).map((one) => item(one, desk, send))),
    items.length > SHOWN ? el('p.little.quiet', {}, t('learned.more', { count: number(items.length - SHOWN) })) : null);
}

function item(one, desk, send) {
  const unit = ['account', 'kind'].includes(one.subject) ? 'minutes' : 'percent';
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
  if (one.subject === 'kind') return t(`kind.${one.key}`);
  if (one.subject === 'category') return categoryName(one.key);
  const [profile, hour] = one.key.split('-');
  return `${t(`profile.${profile}`)}: ${t('alarm.hour', { from: hour, to: Number(hour) + 1 })}`;
}
