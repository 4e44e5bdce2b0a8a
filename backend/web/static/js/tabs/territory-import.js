/** Territories out of a file with outlines: looked at first, then taken. */

import { request } from '../api.js';
import { el, input } from '../dom.js';
import { number, t } from '../i18n.js';
import { showProblem } from '../parts.js';

const FILES = '.geojson,.json,.gpkg,.zip,.kml,.kmz';
const MOST_SHOWN = 20;

/** A form; `taken(count)` is called when so many territories were made. */
export function importForm({ back, taken }) {
  const message = el('p.message', { role: 'alert', hidden: true });
  const told = el('div', { 'aria-live': 'polite' });
  const look = el('button', { type: 'submit' }, t('outlines.look'));
  const take = el('button.primary', { type: 'button', disabled: true, onclick: () => attempt(take, true) }, t('outlines.take'));
  const check = (name) => el('label.check', {}, el('input', { type: 'checkbox', name }), el('span', {}, t(`outlines.${name}`)));
  const form = el('form.card', {
    onsubmit: (event) => { event.preventDefault(); attempt(look, false); },
    // What was looked at is what is taken: another file or wish asks for another look.
    oninput: () => { take.disabled = true; told.replaceChildren(); message.hidden = true; },
  },
  el('h2', {}, t('outlines.title')),
  el('p.little.quiet', {}, t('outlines.hint')),
  input('file', t('outlines.file'), { type: 'file', accept: FILES, required: true }),
  el('details.fold', {}, el('summary', {}, t('outlines.more')), el('div.filters', {},
    input('crs', t('outlines.crs'), { maxLength: 40, placeholder: 'EPSG:3405', autocomplete: 'off' }),
    input('layer', t('outlines.layer'), { maxLength: 200, autocomplete: 'off' })),
  check('mend'), check('skip_bad')),
  told, message,
  el('div.actions', {}, look, take, el('button', { type: 'button', onclick: () => back() }, t('cancel'))));

  async function attempt(button, isTaken) {
    button.disabled = true;
    message.hidden = true;
    const body = new FormData(form);
    for (const name of ['mend', 'skip_bad']) body.set(name, String(form.elements[name].checked));
    body.set('dry_run', String(!isTaken));
    try {
      const found = await request('/v1/imports/territories', { method: 'POST', body });
      if (isTaken) {
        await taken(found.territories.length);
        return;
      }
      told.replaceChildren(report(found));
      take.disabled = !found.territories.length || (found.problems.length > 0 && !form.elements.skip_bad.checked);
      take.textContent = t('outlines.take_count', { count: number(found.territories.length) });
    } catch (problem) {
      told.replaceChildren();
      showProblem(message, problem);
      if (problem.errors?.length) message.append(' ', problem.errors.map((one) => `${one.field}: ${one.message}`).slice(0, MOST_SHOWN).join(' '));
    } finally {
      look.disabled = false;
    }
  }

  return form;
}

function report(found) {
  const rows = found.territories.slice(0, MOST_SHOWN).map((one) => el('li', {},
    el('span', {}, one.name, one.parent ? el('span.quiet.little', {}, ` ${t('outlines.below', { parent: one.parent })}`) : null),
    el('span.number.quiet', {}, `${number(one.area_km2, 1)} km²`)));
  const rest = found.territories.length - rows.length;
  return el('div', {},
    el('p', { role: 'status' }, t('outlines.found', { count: number(found.territories.length), accounts: number(found.moved_accounts) })),
    el('ul.pairs', { 'aria-label': t('outlines.title') }, rows),
    rest > 0 ? el('p.quiet.little', {}, t('outlines.rest', { count: number(rest) })) : null,
    found.problems.length ? el('ul', { 'aria-label': t('outlines.problems') }, found.problems.slice(0, MOST_SHOWN).map((one) => el('li.warn-words', {}, `${one.field}: ${one.message}`))) : null);
}
