/** An area of the map: drawn, a territory, within reach or along a route; what lies in it. */

import { request } from '../api.js';
import { el, input, select } from '../dom.js';
import { filterFields, showChosen } from '../filters.js';
import { daysBefore, t } from '../i18n.js';
import { latest, loading, problemCard, showProblem } from '../parts.js';
import { unitPicker } from './admin-units.js';
import { filtersOf, view } from '../view.js';
import { areaResult } from './area-result.js';
import { campaignsFold } from './campaigns.js';
import { PROFILES } from './reach.js';

const PERIODS = [7, 28, 91];
const USUAL = 28;
const MINUTES = [10, 20, 30, 45, 60];
const METRES_A_KM = 1000;

export function areasTab(panel, desk) {
  const run = latest();
  const wanted = { top_by: 'overdue', days: USUAL };
  const result = el('div.panel-part', { 'aria-live': 'polite' });
  const message = el('p.message', { role: 'alert', hidden: true });
  const ways = el('div.actions', {}, ['polygon', 'freehand', 'circle'].map((way) =>
    el('button', { type: 'button', onclick: () => draw(way) }, t(`area.draw.${way}`))));
  const territories = [['', t('area.choose_territory')], ...desk.territories.map((one) => [one.id, one.name])];
  const territory = select('territory_id', t('territory'), territories, desk.area?.territory_id ?? '', (id) => { if (id) choose({ territory_id: id }); });
  let filter = view().filter;
  const campaigns = campaignsFold(desk, { changed: refresh });
  const fields = el('div.filters', {},
    ...filterFields(desk, { withTerritory: false }),
    select('days', t('period'), PERIODS.map((days) => [String(days), t('area.days', { days })]), String(USUAL), (value) => change({ days: Number(value) })),
    select('top_by', t('area.top'), ['overdue', 'visits', 'revenue', 'potential'].map((by) => [by, t(`area.top.${by}`)]), 'overdue', (value) => change({ top_by: value })));
  panel.append(
    el('section.card', { 'aria-label': t('area.choose') },
      el('h2', {}, t('area.choose')), ways,
      territory,
      unitPicker((id) => choose({ admin_unit_id: id })),
      el('details.fold', {}, el('summary', {}, t('area.more_ways')), circleForm(), reachForm(), corridorForm()),
      message),
    campaigns.node, fields, result);

  /** A circle around the middle of the map: for who has no pointer. */
  function circleForm() {
    const form = el('form.actions', { onsubmit: (event) => {
      event.preventDefault();
      choose({ circle: { center: desk.map.middle(), radius_m: Number(form.elements.radius_km.value) * METRES_A_KM } });
    } },
    input('radius_km', t('area.radius_km'), { type: 'number', min: '0.1', max: '500', step: '0.1', value: '2', required: true }),
    el('button', { type: 'submit' }, t('area.around_middle')));
    return form;
  }

  function reachForm() {
    const form = el('form.actions', { onsubmit: (event) => {
      event.preventDefault();
      const { minutes, profile } = form.elements;
      choose({ isochrone: { location: desk.map.middle(), minutes: Number(minutes.value), profile: profile.value } });
    } },
    select('minutes', t('area.minutes'), MINUTES.map((one) => [String(one), t('minutes', { minutes: one })]), '20'),
    select('profile', t('profile'), PROFILES.map((one) => [one, t(`profile.${one}`)]), 'car'),
    el('button', { type: 'submit' }, t('area.reach_middle')));
    return form;
  }

  function corridorForm() {
    const routes = select('route_id', t('area.route'), [['', t('area.no_routes')]], '');
    const field = routes.querySelector('select');
    const button = el('button', { type: 'submit', disabled: true }, t('area.along'));
    const form = el('form.actions', { onsubmit: (event) => {
      event.preventDefault();
      choose({ corridor: { route_id: field.value, within_m: Number(form.elements.within_m.value) } });
    } },
    routes,
    input('within_m', t('area.within_m'), { type: 'number', min: '10', max: '50000', step: '10', value: '500', required: true }),
    button);
    request('/v1/routes', { query: { on_date: desk.date() } }).then(({ items }) => {
      if (!items.length) return;
      field.replaceChildren(...items.map((one) => el('option', { value: one.id }, one.rep_name)));
      button.disabled = false;
    }).catch((problem) => showProblem(message, problem));
    return form;
  }

  async function draw(way) {
    for (const button of ways.children) button.disabled = true;
    desk.map.see({ overlay: null, territoryId: null });
    try {
      const drawn = await desk.map.draw(document.getElementById('draw-bar'), way);
      if (drawn) choose(asArea(drawn, way));
      else if (desk.area) load();
    } finally {
      for (const button of ways.children) button.disabled = false;
    }
  }

  function choose(area) {
    desk.area = area;
    territory.querySelector('select').value = area.territory_id ?? '';
    load({ isNew: true });
  }

  function change(changes) {
    Object.assign(wanted, changes);
    if (desk.area) load();
  }

  function load({ isNew = false } = {}) {
    message.hidden = true;
    result.replaceChildren(loading());
    const to = desk.date();
    const body = {
      area: desk.area, filters: filtersOf(filter), from_date: daysBefore(to, wanted.days - 1), to_date: to, top_by: wanted.top_by,
    };
    run(() => request('/v1/areas/snapshot', { method: 'POST', body }), (found, problem) => {
      if (problem) {
        result.replaceChildren(problemCard(problem, () => load()));
        return;
      }
      result.replaceChildren(areaResult(found, desk, { filters: filtersOf(filter), topBy: wanted.top_by, clear, changed }));
      const { geometry } = found.shape;
      desk.map.see({ overlay: geometry && { type: 'FeatureCollection', features: [{ type: 'Feature', properties: { kind: 'area' }, geometry }] } });
      if (isNew && geometry) desk.map.fit(geometry.coordinates.flat(2));
    });
  }

  /** The map and its counts are out of date; the card stays, because it offers to undo. */
  function refresh() {
    desk.map.refresh('prospects', 'visits');
    desk.reloadLegend();
  }

  function changed() {
    refresh();
    campaigns.changed();
  }

  function clear() {
    desk.area = null;
    result.replaceChildren();
    desk.map.see({ overlay: null });
  }

  if (desk.area) load({ isNew: true });
  return {
    arrive(where) {
      campaigns.arrive(where);
      if (view(where).filter === filter) return;
      showChosen(fields);
      ({ filter } = view(where));
      if (desk.area) load();
    },
    leave() { desk.map.see({ overlay: null }); },
  };
}

/** What is asked of the service: a circle as one, a freehand line as what it goes around. */
function asArea({ geometry, properties }, way) {
  if (way !== 'circle') return { polygon: geometry, is_mended: way === 'freehand' };
  const ring = geometry.coordinates[0].slice(1);
  const middle = [0, 1].map((axis) => ring.reduce((sum, point) => sum + point[axis], 0) / ring.length);
  return { circle: { center: middle, radius_m: properties.radiusKilometers * METRES_A_KM } };
}
