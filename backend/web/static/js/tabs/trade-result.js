/** Who draws how much: a table of stores, what planned ones take, what the colours mean, and how far to trust it. */

import { el, swatch } from '../dom.js';
import { fileButtons } from '../files.js';
import { sourceWords, trust } from '../ground.js';
import { number, t } from '../i18n.js';
import { empty, estimateBadge } from '../parts.js';
import { place } from '../place.js';
import { demandName, key, storeColor } from './trade-looks.js';
import { leader, led, primaryArea, taken } from './trade-shares.js';
import { asQuestion } from './trade-state.js';

const PERCENT = 100;
const MOST_LISTED = 20;
const share = (value) => `${number(value * PERCENT, 1)} %`;
const amountIn = ({ measure }) => (value) => t(`trade.amount.${measure.amount_unit}`, { value: number(value, value < 10 ? 1 : 0) });
const named = (shown, at) => `${at + 1}. ${shown[at].name}`;

/** In one line, the most first. */
export const summary = (found, shown) => found.stores.map((one, at) => ({ at, share: one.share })).sort((one, other) => other.share - one.share)
  .map((one) => `${named(shown, one.at)} ${share(one.share)}`).join(' · ');

/** A hexagon and how the stores share it. */
export function hexagonWords(cell, found, shown) {
  const parts = cell.shares.map((value, at) => ({ value, at })).filter(({ value }) => value >= 0.001).sort((one, other) => other.value - one.value);
  return t('trade.hexagon', { demand: amountIn(found)(cell.demand), shares: parts.map(({ value, at }) => `${named(shown, at)} ${share(value)}`).join(', ') });
}

/**
 * `shown` are the stores' names; `by` is the store whose own share is on the map, or null; `show(by)` shows another; `pointed`
 * is where a hexagon is told of; `isOpen`, whether the list of hexagons is.
 */
export function tradeResult({ found, asked }, shown, desk, { by, show, pointed, isOpen }) {
  const amount = amountIn(found);
  const notes = [
    el('p', {}, trust(found.measure)),
    el('p.little', {}, t(`trade.distance.${found.distance}`), found.distance === 'estimated_minutes' ? [' ', estimateBadge(), ` ${t('estimate_hint')}`] : null),
    el('p.little', {}, t('trade.only_named')),
    el('p.little.quiet', {}, sourceWords(found)),
    place().ground ? el('p.little.quiet', {}, t('trade.ground_hidden')) : null,
  ];
  if (!found.cells.length) {
    return el('article.card.trade-result', {}, empty(t('trade.nothing'), t(found.unreached ? 'trade.nothing_reached' : 'trade.nothing_hint', { km: number(asked.km, 1) })), notes);
  }
  const planned = asked.stores.map((one) => one.isPlanned);
  const isCompared = planned.includes(true) && planned.includes(false);
  const taking = isCompared ? taken(found.cells, planned) : null;
  return el('article.card.trade-result', {},
    el('h2', {}, t('trade.result')),
    el('p.little', {}, t('trade.total', { demand: amount(found.demand), what: demandName(found.measure), km: number(asked.km, 1) }),
      found.unreached ? ` ${t('trade.unreached', { demand: amount(found.unreached) })}` : ''),
    table(found, shown, desk, { by, show, amount, taking, planned }),
    taking ? el('p', {}, takingWords(taking, found, amount)) : null,
    choice(shown, by, show),
    by === null ? null : primary(found, shown[by].name, by, amount),
    key(shown, desk.info, by),
    pointed,
    largest(found, shown, desk, { amount, isOpen, pointed }),
    notes,
    fileButtons(['csv', 'geojson'].map((kind) => ({ label: t(`cube.download.${kind}`), path: `/v1/context/trade-areas.${kind}`,
      name: `trade-areas.${kind}`, body: () => asQuestion(asked) }))));
}

function table(found, shown, desk, { by, show, amount, taking, planned }) {
  const most = led(found.cells, shown.length);
  const heads = ['trade.store', 'trade.share', 'trade.led', ...(taking ? ['trade.lost'] : [])];
  return el('div.pivot', { tabIndex: 0, role: 'region', 'aria-label': t('trade.result') }, el('table', {},
    el('thead', {}, el('tr', {}, heads.map((one) => el('th.end', { scope: 'col' }, t(one))))),
    el('tbody', {}, found.stores.map((one, at) => el('tr', {},
      el('th', { scope: 'row' }, el('span.trade-name', {}, swatch(storeColor(desk.info, at)), el('button.plain', { type: 'button', id: `trade-own-${at}`, 'aria-pressed': String(by === at), title: t('trade.show_own'),
        onclick: () => show(by === at ? null : at) }, named(shown, at)))),
      el('td.number', {}, el('strong', {}, share(one.share)), el('span.quiet', {}, amount(one.demand))), el('td.number', {}, number(most[at])),
      taking ? el('td.number', {}, planned[at] ? '–' : lostWords(taking.lost[at], one.demand, amount)) : null)))));
}

/** What a store loses, and of how much that it drew without the planned ones. */
function lostWords(lost, left, amount) {
  const before = lost + left;
  return before > 0 ? [`−${share(lost / before)}`, el('span.quiet', {}, `−${amount(lost)}`)] : '0';
}

function takingWords({ taken: drawn, fresh }, found, amount) {
  return [t('trade.taken', { demand: amount(drawn), share: share(found.demand ? drawn / found.demand : 0), lost: amount(drawn - fresh) }),
    fresh > 0 ? ` ${t('trade.fresh', { demand: amount(fresh) })}` : ''];
}

function choice(shown, by, show) {
  const field = el('select', { name: 'by', id: 'trade-by', onchange: () => show(field.value === '' ? null : Number(field.value)) },
    el('option', { value: '', selected: by === null }, t('trade.by_leader')),
    shown.map((_, at) => el('option', { value: String(at), selected: by === at }, t('trade.by_own', { name: named(shown, at) }))));
  return el('label', {}, el('span', {}, t('trade.by')), field);
}

function primary(found, name, by, amount) {
  const area = primaryArea(found.cells, by);
  return el('p.little', {}, area.cells
    ? t('trade.primary', { name, cells: number(area.cells), demand: amount(area.demand), share: share(area.share) })
    : t('trade.no_primary', { name }));
}

/** Of a ring, whose last corner is its first. */
function middle(ring) {
  const corners = ring.slice(1);
  return [0, 1].map((axis) => corners.reduce((sum, one) => sum + one[axis], 0) / corners.length);
}

/** The hexagons with the most demand, for whoever cannot tap them: each leads to its place. */
function largest(found, shown, desk, { amount, isOpen, pointed }) {
  const cells = [...found.cells].sort((one, other) => other.demand - one.demand).slice(0, MOST_LISTED);
  const fly = (cell) => {
    desk.map.fly(middle(cell.boundary));
    pointed.textContent = hexagonWords(cell, found, shown);
  };
  return el('details.fold', { open: isOpen }, el('summary', {}, t('trade.largest', { count: cells.length })),
    el('div.pivot', { tabIndex: 0, role: 'region', 'aria-label': t('trade.largest', { count: cells.length }) }, el('table', {},
      el('thead', {}, el('tr', {}, ['trade.hexagon_name', 'trade.demand_short', 'trade.leader', 'trade.leader_share'].map((one) => el('th.end', { scope: 'col' }, t(one))))),
      el('tbody', {}, cells.map((cell, index) => {
        const first = leader(cell);
        return el('tr', {}, el('th', { scope: 'row' }, el('button.plain', { type: 'button', onclick: () => fly(cell) }, t('trade.hexagon_number', { number: index + 1 }))),
          el('td.number', {}, amount(cell.demand)), el('td', {}, named(shown, first.at)), el('td.number', {}, share(first.share)));
      })))));
}
