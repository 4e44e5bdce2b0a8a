/** One design: how far it is, its curve, the scenario chosen on the map, compared and decided on. */

import { request } from '../api.js';
import { isDark } from '../colors.js';
import { el } from '../dom.js';
import { known, number, t } from '../i18n.js';
import { latest, showProblem } from '../parts.js';
import { designComparison, share } from './design-comparison.js';
import { designCurve } from './design-curve.js';
import { designDecision, designHistory } from './design-decision.js';
import { isUnderWay, stateBadge } from './design-state.js';

/** Told apart beside each other also by who sees few colours: light and dark take turns. */
const COLORS = {
  light: ['#0072b2', '#e69f00', '#009e73', '#cc3311', '#8e44ad', '#7f6000', '#33bbee', '#ee3377', '#555555', '#88aa00'],
  dark: ['#56b4e9', '#ffc04d', '#2fd6a3', '#ff7a5c', '#c39bd3', '#d4b13f', '#8fe3ff', '#ff8ab3', '#bbbbbb', '#bfe04d'],
};

/** `on`: {list(), changed(design), published()}. Returns {node, show(design), leave()}. */
export function designCard(desk, on) {
  const node = el('article.panel-part');
  const run = latest();
  let made = null;
  let curve = null;
  let scenario = null;

  function show(design) {
    const isKept = made?.id === design.id && curve && design.status === 'done';
    const before = made;
    made = design;
    if (isKept) decide();
    else if (before?.id === design.id && isUnderWay(design) && isUnderWay(before)) progress();
    else draw();
  }

  function draw() {
    curve?.leave();
    curve = null;
    node.replaceChildren(head(), ...(isUnderWay(made) ? [underWay()] : made.status === 'done' ? scenarios() : [failed()]));
    if (made.status === 'done') choose(made.proposed_scenario ?? made.published_scenario ?? usual(made.summary.scenarios));
  }

  function head() {
    return el('div.card-head', {},
      el('button.small', { type: 'button', onclick: on.list }, t('design.to_list')),
      el('h2', {}, made.name), el('span.design-state', { role: 'status' }, stateBadge(made)));
  }

  function underWay() {
    const message = el('p.message', { role: 'alert', hidden: true });
    const cancel = el('button', { type: 'button', onclick: async () => {
      cancel.disabled = true;
      try {
        on.changed(await request(`/v1/territory-designs/${made.id}/cancel`, { method: 'POST' }));
      } catch (problem) {
        showProblem(message, problem);
        cancel.disabled = false;
      }
    } }, t('design.cancel'));
    return el('div.card.progress', {},
      el('label', {}, el('span', {}, t(`design.status.${made.status}`)), el('progress', { max: 1, value: made.share })),
      el('div', {}, cancel), message);
  }

  function progress() {
    node.querySelector('progress').value = made.share;
    node.querySelector('.progress label > span').textContent = t(`design.status.${made.status}`);
    node.querySelector('.design-state').replaceChildren(stateBadge(made));
  }

  function failed() {
    if (made.status === 'cancelled') return el('p.message', {}, t('design.was_cancelled'));
    const words = known(`problem.${made.failure?.code}`);
    return el('div.message.error', { role: 'alert' }, words ? el('p', {}, words) : null, el('p', {}, made.failure?.detail));
  }

  function scenarios() {
    const told = made.summary.scenarios;
    curve = designCurve(told, choose);
    return [
      el('section.card', { 'aria-label': t('design.curve') }, el('h3', {}, t('design.curve')),
        el('p.little.quiet', {}, t('design.curve_hint', { measure: t(`design.measure.${made.summary.measures[0]}`) })),
        curve.node,
        el('div.design-scenarios', { role: 'radiogroup', 'aria-label': t('design.scenarios') }, told.map(option))),
      el('div.card.design-result'),
      el('div.card.design-steps'),
    ];
  }

  function option(one) {
    return el('label.design-scenario', {},
      el('input', { type: 'radio', name: 'scenario', value: one.name, onchange: () => choose(one.name) }),
      el('span', {}, el('strong', {}, t(`design.scenario.${one.name}`)),
        el('span.little', {}, t('design.scenario_told', { deviation: share(one.deviation), moved: share(one.moved[0]), compactness: number(one.compactness, 2) })),
        one.split_cells.length ? el('span.badge.warn', {}, t('design.split')) : null,
        one.broken.length ? el('span.badge.bad', { title: one.broken.join(' ') }, t('design.broken')) : null,
        one.dominated_by ? el('span.badge', {}, t('design.dominated', { name: t(`design.scenario.${one.dominated_by}`) })) : null));
  }

  function choose(name) {
    scenario = name;
    curve.choose(name);
    const field = node.querySelector(`input[value="${name}"]`);
    if (field) field.checked = true;
    const comparison = designComparison(desk, made, colorOf);
    node.querySelector('.design-result').replaceChildren(comparison.node);
    comparison.show(name);
    decide();
    outline();
  }

  function decide() {
    const changed = (design, { isPublished }) => {
      on.changed(design);
      // The button that was pressed is gone: who uses the keyboard goes on from what is new.
      node.querySelector('.design-steps > section')?.focus();
      if (isPublished) on.published();
    };
    node.querySelector('.design-state').replaceChildren(stateBadge(made));
    node.querySelector('.design-steps').replaceChildren(designDecision(desk, made, scenario, changed), designHistory(made));
  }

  /** Lay the scenario's colours over the map, and today's borders as dashes. */
  function outline() {
    run(() => Promise.all([request(`/v1/territory-designs/${made.id}/scenarios/${scenario}/outlines`), formerAreas()]), (found, problem) => {
      if (problem || !curve) return;
      const drawn = found[0].features.filter((one) => one.geometry)
        .map((one) => ({ ...one, properties: { kind: 'design', color: colorOf(one.properties.territory_id) } }));
      const former = found[1].map((geometry) => ({ type: 'Feature', properties: { kind: 'former' }, geometry }));
      desk.map.see({ overlay: { type: 'FeatureCollection', features: [...drawn, ...former] } });
      desk.map.fit(drawn.flatMap((one) => one.geometry.coordinates.flat(2)));
    });
  }

  /** Today's borders, or those of before where this design holds already. */
  async function formerAreas() {
    if (made.publication === 'applied') {
      const { items } = await request(`/v1/realignments/${made.realignment_ids.at(-1)}/areas`);
      return items.map((one) => one.former_area).filter(Boolean);
    }
    const ids = new Set(made.request.territories.map((one) => one.territory_id));
    return desk.territories.filter((one) => ids.has(one.id) && one.area).map((one) => one.area);
  }

  /** A territory's own colour where each of the design has another. */
  function colorOf(id) {
    const own = made.request.territories.map((one) => desk.territories.find((other) => other.id === one.territory_id)?.color);
    if (own.every(Boolean) && new Set(own).size === own.length) return own[made.request.territories.findIndex((one) => one.territory_id === id)];
    const at = made.request.territories.findIndex((one) => one.territory_id === id);
    const colors = isDark() ? COLORS.dark : COLORS.light;
    return colors[at % colors.length];
  }

  return { node, show, leave() { curve?.leave(); curve = null; } };
}

/** The one to look at first: the evenest that nothing beats. */
function usual(scenarios) {
  return (scenarios.find((one) => one.name === 'even') ?? scenarios[0]).name;
}
