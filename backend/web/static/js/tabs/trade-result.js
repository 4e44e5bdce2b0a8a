/** Who draws how much: a table of stores, what planned ones take, what the colours mean, and how far to trust it. */

import { el, swatch } from '../dom.js';
import { fileButtons } from '../files.js';
import { sourceWords, trust } from '../ground.js';
import { number, t } from '../i18n.js';
import { empty, estimateBadge } from '../parts.js';
import { place } from '../place.js';
import { demandName, key, storeColor } from './trade-looks.js';
import { led, primaryArea, taken } from './trade-shares.js';
import { asQuestion } from './trade-state.js';

const PERCENT = 100;
const share = (value) => `${number(value * PERCENT, 1)} %`;

/** `shown` are the stores' names; `by` is the store whose own share is on the map, or null; `show(by)` shows another. */
export function tradeResult({ found, asked }, shown, desk, { by, show }) {
  const amount = (value) => t(`trade.amount.${found.measure.amount_unit}`, { value: number(value, value < 10 ? 1 : 0) });
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
    notes,
    fileButtons(['csv', 'geojson'].map((kind) => ({ label: t(`cube.download.${kind}`), path: `/v1/context/trade-areas.${kind}`,
      name: `trade-areas.${kind}`, body: () => asQuestion(asked) }))));
}

function table(found, shown, desk, { by, show, amount, taking, planned }) {
  const most = led(found.cells, shown.length);
  const heads = ['trade.store', 'trade.drawn', 'trade.share', 'trade.led', ...(taking ? ['trade.lost'] : [])];
  return el('div.pivot', { tabIndex: 0, role: 'region', 'aria-label': t('trade.result') }, el('table', {},
    el('thead', {}, el('tr', {}, heads.map((one) => el('th.end', { scope: 'col' }, t(one))))),
    el('tbody', {}, found.stores.map((one, at) => el('tr', {},
      el('th', { scope: 'row' }, swatch(storeColor(desk.info, at)), ' ', el('button.plain', { type: 'button', id: `trade-own-${at}`, 'aria-pressed': String(by === at), title: t('trade.show_own'),
        onclick: () => show(by === at ? null : at) }, `${at + 1}. ${shown[at].name}`)),
      el('td.number', {}, amount(one.demand)), el('td.number', {}, share(one.share)), el('td.number', {}, number(most[at])),
      taking ? el('td.number', {}, planned[at] ? '' : lostWords(taking.lost[at], one.demand, amount)) : null)))));
}

/** What a store loses, and of how much that it drew without the planned ones. */
function lostWords(lost, left, amount) {
  const before = lost + left;
  return before > 0 ? `−${amount(lost)} (${share(lost / before)})` : '0';
}

function takingWords({ taken: drawn, fresh }, found, amount) {
  return [t('trade.taken', { demand: amount(drawn), share: share(found.demand ? drawn / found.demand : 0), lost: amount(drawn - fresh) }),
    fresh > 0 ? ` ${t('trade.fresh', { demand: amount(fresh) })}` : ''];
}

function choice(shown, by, show) {
  const field = el('select', { name: 'by', id: 'trade-by', onchange: () => show(field.value === '' ? null : Number(field.value)) },
    el('option', { value: '', selected: by === null }, t('trade.by_leader')),
    shown.map((one, at) => el('option', { value: String(at), selected: by === at }, t('trade.by_own', { name: `${at + 1}. ${one.name}` }))));
  return el('label', {}, el('span', {}, t('trade.by')), field);
}

function primary(found, name, by, amount) {
  const area = primaryArea(found.cells, by);
  return el('p.little', {}, area.cells
    ? t('trade.primary', { name, cells: number(area.cells), demand: amount(area.demand), share: share(area.share) })
    : t('trade.no_primary', { name }));
}
