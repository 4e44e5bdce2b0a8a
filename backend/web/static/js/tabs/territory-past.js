/** Territories looked back at: moment by moment, on the map and as a list, beside the moment before. */

import { request } from '../api.js';
import { el, swatch } from '../dom.js';
import { dateTime, number, t } from '../i18n.js';
import { empty, latest, loading, problemCard } from '../parts.js';

const STEP_MS = 1600;
const KINDS = ['begun', 'redrawn', 'renamed', 'moved', 'ended', 'people'];

/** `on`: {back()}. Returns {leave()}. */
export function pastView(panel, desk, on) {
  const run = latest();
  const title = el('h2', { tabIndex: -1 }, t('past.title'));
  const body = el('div.panel-part');
  const known = new Map();
  const hadTerritories = desk.map.shown().territories;
  let moments = [];
  let at = 0;
  let timer = null;
  let parts = null;
  panel.replaceChildren(el('div.design-head', {}, el('button.plain', { type: 'button', onclick: back }, t('past.back')), title), body);
  title.focus({ preventScroll: true });
  load();
  return { leave };

  function back() {
    leave();
    on.back();
  }

  function leave() {
    stop();
    run(() => Promise.resolve(), () => {});
    desk.map.see({ overlay: null, shown: { ...desk.map.shown(), territories: hadTerritories } });
  }

  function load() {
    body.replaceChildren(loading());
    run(() => request('/v1/territories/past/moments'), (found, problem) => {
      if (problem) { body.replaceChildren(problemCard(problem, load)); return; }
      moments = found.items.reverse();
      if (!moments.length) { body.replaceChildren(empty(t('past.none'), t('past.none_hint'))); return; }
      desk.map.see({ shown: { ...desk.map.shown(), territories: false } });
      open(found.is_cut);
    });
  }

  function open(isCut) {
    const slider = el('input', {
      type: 'range', name: 'moment', min: 0, max: moments.length - 1, step: 1, value: moments.length - 1,
      oninput: () => { stop(); show(Number(slider.value)); },
    });
    const button = (key, sign, action) => el('button', { type: 'button', 'aria-label': t(key), onclick: action }, sign);
    const earlier = button('past.earlier', '‹', () => { stop(); show(at - 1); });
    const later = button('past.later', '›', () => { stop(); show(at + 1); });
    const play = el('button', { type: 'button', onclick: () => (timer ? stop() : start()) }, t('past.play'));
    const told = el('p.past-moment', { role: 'status' });
    const list = el('div');
    parts = { slider, earlier, later, play, told, list };
    body.replaceChildren(el('section.card', {},
      el('label.past-slider', {}, el('span', {}, t('past.moment')), slider),
      el('div.actions', {}, earlier, later, play), told,
      isCut ? el('p.quiet.little', {}, t('past.is_cut', { count: number(moments.length) })) : null), list);
    show(moments.length - 1);
  }

  function start() {
    parts.play.textContent = t('past.stop');
    const from = at >= moments.length - 1 ? 0 : at;
    show(from);
    timer = setInterval(() => {
      if (at >= moments.length - 1) stop();
      else show(at + 1);
    }, STEP_MS);
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    if (parts) parts.play.textContent = t('past.play');
  }

  function show(index) {
    at = Math.max(0, Math.min(index, moments.length - 1));
    const { slider, earlier, later, told, list } = parts;
    slider.value = at;
    slider.setAttribute('aria-valuetext', dateTime(moments[at].at));
    earlier.disabled = at === 0;
    later.disabled = at === moments.length - 1;
    told.replaceChildren(el('strong', {}, dateTime(moments[at].at)), el('br'), happened(moments[at]));
    const shown = at;
    run(() => Promise.all([then(shown), shown ? then(shown - 1) : null]), (found, problem) => {
      if (problem) { stop(); list.replaceChildren(problemCard(problem, () => show(shown))); return; }
      const [now, before] = found;
      lay(now, before);
      list.replaceChildren(now.items.length
        ? el('ul.row-list', { 'aria-label': t('tab.territories') }, now.items.map((one) => el('li', {}, row(one, before))))
        : empty(t('no_territories')),
      now.unplaced ? el('p.quiet.little', {}, t('past.unplaced', { count: number(now.unplaced) })) : '');
    });
  }

  /** What territories were at a moment; each is asked for once. */
  function then(index) {
    if (!known.has(index)) {
      const asked = request(`/v1/territories/past?moment=${encodeURIComponent(moments[index].at)}`);
      known.set(index, asked);
      asked.catch(() => known.delete(index));
    }
    return known.get(index);
  }

  /** Borders of the moment in their colours, those of the moment before as dashes where they differ. */
  function lay(now, before) {
    const same = new Set(now.items.map((one) => JSON.stringify(one.area)));
    const drawn = now.items.filter((one) => one.area)
      .map((one) => ({ type: 'Feature', geometry: one.area, properties: { kind: 'design', color: one.color } }));
    const former = (before?.items ?? []).filter((one) => one.area && !same.has(JSON.stringify(one.area)))
      .map((one) => ({ type: 'Feature', geometry: one.area, properties: { kind: 'former' } }));
    desk.map.see({ overlay: { type: 'FeatureCollection', features: [...drawn, ...former] } });
  }

  function row(one, before) {
    const was = before?.items.find((other) => other.id === one.id);
    const change = one.accounts - (was?.accounts ?? (before ? 0 : one.accounts));
    const holders = one.holders.map((person) => person.full_name).join(', ');
    return el('div.row', {},
      swatch(one.color),
      el('span.main', {}, el('strong', {}, one.name),
        was && was.name !== one.name ? el('span.quiet.little', {}, t('past.was_called', { name: was.name })) : null,
        el('span.quiet.little', {}, holders || t('nobody_assigned'))),
      el('span.end.number', {}, number(one.accounts), change ? el('span.quiet.little', {}, ` ${change > 0 ? '+' : '−'}${number(Math.abs(change))}`) : null,
        el('br'), el('span.quiet.little', {}, t('accounts_unit'))));
  }
}

/** A moment in words: how many territories changed in which way, and the first of their names. */
function happened(moment) {
  const told = KINDS.filter((kind) => moment[kind]).map((kind) => t(`past.${kind}`, { count: number(moment[kind]) }));
  return `${told.join(', ')}: ${moment.names.join(', ')}`;
}
