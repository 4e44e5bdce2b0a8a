/** Trade areas: which stores, what they share, how far it counts; who draws whom on the map and beside it. */

import { request } from '../api.js';
import { whenThemeChanges } from '../colors.js';
import { debounce, el, input, select } from '../dom.js';
import { known, number, t } from '../i18n.js';
import { contextLayers, whenLayersChange } from '../layers.js';
import { empty, latest, loading, problemCard, showProblem } from '../parts.js';
import { go, place } from '../place.js';
import { PROFILES } from './reach.js';
import { demandName, hexagons, markers } from './trade-looks.js';
import { hexagonWords, summary, tradeResult } from './trade-result.js';
import { asQuestion, isKm, MOST_KM, readTrade, writeTrade } from './trade-state.js';
import { storesPart } from './trade-stores.js';

const DECAYS = [1, 1.5, 2, 3];
const AGAIN_MS = 500;

const amountsOf = (layers) => layers.flatMap((layer) => layer.measures.filter((one) => one.amount_unit).map((measure) => ({ layer, measure })));
const same = (one, { layer, measure }) => one.layer.id === layer && one.measure.key === measure;

/** Returns {arrive(where), leave()}; the panel is the tab's. */
export function tradePanel(panel, desk) {
  const run = latest();
  const form = el('section.card.trade', { 'aria-label': t('trade.title') });
  const message = el('p.message', { role: 'alert', hidden: true });
  const told = el('p.little', { role: 'status' });
  const pointed = el('p.little', { role: 'status' });
  const result = el('div.panel-part');
  let state = readTrade(null);
  let written;
  let choices = [];
  let answer = null;
  let isGone = false;
  const stores = storesPart(desk, () => state, { change: (next) => change({ stores: next }), named: draw });
  panel.append(form, result);

  /** Another question: kept in the address, and asked by itself once there is an answer to compare. */
  function change(changes) {
    keep(changes);
    draw();
    if (answer) again();
  }

  function keep(changes) {
    state = { ...state, ...changes };
    if (state.by !== null && state.by >= state.stores.length) state.by = null;
    written = writeTrade(state);
    go({ trade: written }, { replace: true, isQuiet: true });
  }

  const again = debounce(() => { if (answer) ask(); }, AGAIN_MS);

  async function arrive(where = place()) {
    if (written !== undefined && written === where.trade) return;
    written = where.trade;
    state = readTrade(where.trade);
    answer = null;
    result.replaceChildren();
    await fill();
    if (!isGone && state.stores.length && choices.some((one) => same(one, state))) ask();
  }

  async function fill() {
    form.replaceChildren(loading());
    try {
      choices = amountsOf(await contextLayers());
    } catch (problem) {
      form.replaceChildren(problemCard(problem, fill));
      return;
    }
    if (!choices.some((one) => same(one, state))) state = { ...state, ...usual() };
    stores.show();
    form.replaceChildren(
      el('h2', {}, t('trade.title')), el('p.little.quiet', {}, t('trade.lead')),
      el('section.panel-part', { 'aria-label': t('trade.stores') }, el('h3', {}, t('trade.stores')), stores.node),
      ...(choices.length ? [question()] : [empty(t('trade.no_layer'), t(desk.isPlanner ? 'trade.no_layer_hint' : 'trade.no_layer_ask'))]),
      message, told);
    draw();
  }

  /** The ground that is on the map, else an own layer's amount, else the first. */
  function usual() {
    const [layer, ...rest] = (place().ground ?? '').split(':');
    const found = choices.find((one) => same(one, { layer, measure: rest.join(':') })) ?? choices.find((one) => one.layer.kind === 'own') ?? choices[0];
    return found ? { layer: found.layer.id, measure: found.measure.key } : { layer: null, measure: null };
  }

  function question() {
    const layers = [...new Set(choices.map((one) => one.layer))];
    const demand = el('select', { name: 'demand', onchange: () => {
      const { layer, measure } = choices[Number(demand.value)];
      change({ layer: layer.id, measure: measure.key });
    } }, layers.map((layer) => el('optgroup', { label: layer.name }, choices.flatMap((one, at) => (one.layer === layer
      ? [el('option', { value: String(at), selected: same(one, state) }, demandName(one.measure))] : [])))));
    const decays = DECAYS.includes(state.decay) ? DECAYS : [...DECAYS, state.decay].sort((one, other) => one - other);
    const km = input('within_km', t('trade.within_km'), { type: 'number', min: '0.1', max: String(MOST_KM), step: 'any', required: true, value: String(state.km),
      onchange: ({ target }) => { if (isKm(target.valueAsNumber)) change({ km: target.valueAsNumber }); } });
    return el('form.trade-question', { onsubmit: (event) => { event.preventDefault(); ask({ isNew: true }); } },
      el('h3', {}, t('trade.demand')),
      el('label', {}, el('span', {}, t('trade.measure')), demand),
      el('p.little.quiet', {}, t('trade.rates_left_out')),
      select('decay', t('trade.decay'), decays.map((one) => [String(one), known(`trade.decay.${one}`) ?? number(one, 2)]), String(state.decay), (value) => change({ decay: Number(value) })),
      el('div.filters', {}, km,
        select('profile', t('trade.way'), [['', t('trade.straight')], ...PROFILES.map((one) => [one, t(`profile.${one}`)])], state.profile ?? '', (value) => change({ profile: value || null }))),
      el('div.actions', {}, el('button.primary', { type: 'submit' }, t('trade.show'))));
  }

  function ask({ isNew = false } = {}) {
    stores.accept();
    message.hidden = true;
    if (!state.stores.length) {
      clear();
      if (isNew) tell(t('trade.no_stores'));
      return;
    }
    const asked = state;
    const isFirst = !answer;
    if (isFirst) result.replaceChildren(loading());
    run(() => request('/v1/context/trade-areas', { method: 'POST', body: asQuestion(asked) }), (found, problem) => {
      if (problem) {
        clear();
        refuse(problem);
        return;
      }
      answer = { found, asked };
      draw();
      showResult();
      if (isNew || isFirst) fit();
      if (isNew) result.scrollIntoView({ block: 'start' });
    });
  }

  function clear() {
    answer = null;
    told.textContent = '';
    result.replaceChildren();
    draw();
  }

  function tell(words) {
    message.textContent = words;
    message.classList.add('error');
    message.hidden = false;
  }

  /** What is wrong with a store is said at the store, in the page's words where it has them. */
  async function refuse(problem) {
    const [one] = problem.errors ?? [];
    const at = Number(/^stores\[(\d+)\]/.exec(one?.field ?? '')?.[1] ?? NaN);
    const store = state.stores[at];
    await stores.ready();
    if (store && stores.refuse(at, known(`trade.problem.${problem.code}`) ? t(`trade.problem.${problem.code}`, { name: stores.nameOf(store, at) }) : one.message)) tell(t('trade.store_refused'));
    else showProblem(message, problem);
  }

  function fit() {
    const corners = [...answer.found.cells.flatMap((one) => one.boundary), ...answer.found.stores.map((one) => one.location)];
    if (corners.length) desk.map.fit(corners);
  }

  const namesOf = () => answer.found.stores.map((one, at) => ({ name: one.name || stores.nameOf(answer.asked.stores[at], at) }));
  const chosen = () => (answer && state.by < answer.found.stores.length ? state.by : null);

  function draw() {
    if (isGone) return;
    const wanted = state.stores.map((one, at) => ({ name: stores.nameOf(one, at), at: stores.placeOf(one) }));
    const layer = choices.find((one) => same(one, state))?.layer;
    desk.map.see({ trade: {
      cells: answer ? hexagons(answer.found.cells, desk.info, chosen()) : null,
      attribution: answer && layer?.kind === 'own' ? `${layer.source} (${layer.licence})` : '',
      stores: markers(wanted, desk.info),
    } });
  }

  function showResult() {
    const focus = result.contains(document.activeElement) ? document.activeElement.id : null;
    const isOpen = result.querySelector('details')?.open ?? false;
    const names = namesOf();
    pointed.textContent = answer.found.cells.length ? t('trade.point_hint') : '';
    result.replaceChildren(tradeResult(answer, names, desk, { by: chosen(), pointed, isOpen, show: (by) => {
      keep({ by });
      draw();
      showResult();
    } }));
    told.textContent = answer.found.cells.length ? summary(answer.found, names) : t('trade.nothing');
    if (focus) document.getElementById(focus)?.focus();
  }

  const stops = [
    whenLayersChange(() => fill().then(() => { if (answer && !choices.some((one) => same(one, answer.asked))) clear(); })),
    whenThemeChanges(() => {
      stores.show();
      draw();
      if (answer) showResult();
    }),
    desk.map.whenTapped('trade', ({ cell }) => {
      const found = answer?.found.cells.find((one) => one.cell === cell);
      if (found) pointed.textContent = hexagonWords(found, answer.found, namesOf());
    }),
  ];
  return {
    arrive,
    leave() {
      isGone = true;
      for (const stop of stops) stop();
      stores.leave();
      desk.map.see({ trade: null });
    },
  };
}
