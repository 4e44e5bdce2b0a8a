/** A planner brings in own figures of the ground: a file, what its columns are, from whom, of when, on what terms. */

import { request } from './api.js';
import { el, input } from './dom.js';
import { number, t } from './i18n.js';
import { showProblem } from './parts.js';

const FILES = '.csv,.xlsx,.geojson,.json,.gpkg,.zip,.kml,.kmz';
const split = (text) => text.split(',').map((one) => one.trim()).filter(Boolean);

/** A fold with the form; `done` is called with the layer that was made. */
export function groundUpload(done) {
  const message = el('p.message', { role: 'alert', hidden: true });
  const told = el('p.little', { role: 'status' });
  const button = el('button', { type: 'submit' }, t('ground.upload.send'));
  const line = (name, more = {}) => input(name, t(`ground.upload.${name}`), { required: true, maxLength: 200, autocomplete: 'off', ...more });
  const form = el('form.ground-upload', { onsubmit: async (event) => {
    event.preventDefault();
    const { file, counts, rates, ...lines } = form.elements;
    const body = new FormData();
    body.append('file', file.files[0]);
    for (const name of ['name', 'source', 'licence', 'vintage']) body.append(name, lines[name].value);
    const measures = Object.fromEntries([...split(counts.value).map((one) => [one, 'count']), ...split(rates.value).map((one) => [one, 'rate'])]);
    body.append('measures', JSON.stringify(measures));
    message.hidden = true;
    told.textContent = '';
    button.disabled = true;
    try {
      const { layer, totals } = await request('/v1/imports/context', { method: 'POST', body });
      told.textContent = [t('ground.upload.done', { name: layer.name, cells: number(layer.cells) }),
        ...Object.entries(totals).map(([name, total]) => `${name}: ${number(total)}`)].join(' · ');
      form.reset();
      done(layer);
    } catch (problem) {
      showProblem(message, problem);
    } finally {
      button.disabled = false;
    }
  } },
  input('file', t('ground.upload.file'), { type: 'file', accept: FILES, required: true }),
  line('counts', { required: false, placeholder: t('ground.upload.columns') }),
  line('rates', { required: false, placeholder: t('ground.upload.columns') }),
  line('name'), line('source'), line('licence'), line('vintage', { placeholder: '2019-04-01', pattern: '[12][0-9]{3}(-[0-9]{2}){0,2}' }),
  el('div', {}, button));
  return el('details.fold', {}, el('summary', {}, t('ground.upload.title')), el('p.little.quiet', {}, t('ground.upload.hint')), form, message, told);
}
