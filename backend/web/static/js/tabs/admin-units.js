/** Choosing an administrative unit by name: former ones are found, too, and say what has their ground now. */

import { request } from '../api.js';
import { debounce, el, input } from '../dom.js';
import { day, t } from '../i18n.js';
import { latest, showProblem } from '../parts.js';

const MOST = 8;
const SHORTEST = 2;
const PAUSE_MS = 250;

/** A search box with its results; `choose` gets the id of a unit that has an outline. */
export function unitPicker(choose) {
  const run = latest();
  const message = el('p.message', { role: 'alert', hidden: true });
  const results = el('div', { 'aria-live': 'polite' });
  const look = debounce((q) => {
    message.hidden = true;
    if (q.trim().length < SHORTEST) {
      run(() => Promise.resolve(null), () => results.replaceChildren());
      return;
    }
    run(() => request('/v1/admin-units', { query: { q, limit: MOST } }), (found, problem) => {
      if (problem) showProblem(message, problem);
      else results.replaceChildren(found.items.length ? list(found.items) : el('p.quiet', {}, t('unit.none')));
    });
  }, PAUSE_MS);
  const field = input('unit', t('unit.search'), {
    type: 'search', maxLength: 200, autocomplete: 'off', oninput: (event) => look(event.target.value),
  });

  function list(units) {
    return el('ul.row-list', { 'aria-label': t('unit.found') }, units.map((unit) => el('li', {}, row(unit))));
  }

  function row(unit) {
    const holds = [
      unit.valid_to ? t('unit.until', { day: day(unit.valid_to) }) : unit.parent_name,
      unit.has_outline ? null : t('unit.no_outline'),
    ].filter(Boolean).join(' · ');
    const words = [
      el('span.main', {}, el('strong', {}, unit.name), holds ? el('span.quiet.little', {}, holds) : null),
      unit.valid_to ? el('span.end', {}, el('span.badge.warn', {}, t('unit.former'))) : null,
    ];
    const self = unit.has_outline
      ? el('button.row', { type: 'button', onclick: () => choose(unit.id) }, words)
      : el('div.row', {}, words);
    return [self, unit.became.length ? became(unit) : null];
  }

  function became(unit) {
    return el('p.unit-became.little', {}, t('unit.became'), ' ', unit.became.map((one, index) => {
      const share = one.share === null ? '' : ` (${Math.round(one.share * 100)} %)`;
      const told = `${one.name}${share}`;
      return [index ? ', ' : '', one.has_outline
        ? el('button.link', { type: 'button', onclick: () => choose(one.id) }, told)
        : told];
    }));
  }

  return el('div.unit-picker', { role: 'search', 'aria-label': t('unit.search') }, field, results, message);
}
