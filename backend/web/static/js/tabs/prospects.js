/** The list of accounts with search and filters, by name or the nearest first; a click flies there and opens the card. */

import { request } from '../api.js';
import { stageColors } from '../colors.js';
import { debounce, el, swatch } from '../dom.js';
import { filterFields } from '../filters.js';
import { known, t } from '../i18n.js';
import { empty, latest, loading, problemCard } from '../parts.js';
import { go, place } from '../place.js';
import { view } from '../view.js';
import { accountCard } from './account-card.js';
import { nearPart, readNear, writeNear } from './near.js';

const PAGE = 40;

export function prospectsTab(panel, desk) {
  const wanted = { q: '' };
  let filter = view().filter;
  const run = latest();
  const card = el('div.panel-part', { hidden: true });
  const list = el('div');
  const search = el('input', {
    type: 'search', name: 'q', placeholder: t('search_accounts'), maxLength: 200, autocomplete: 'off',
    oninput: debounce(() => change({ q: search.value.trim() }), 250),
  });
  const lay = () => desk.map.see({ overlay: near.overlay() });
  const near = nearPart(desk, lay);
  const orders = { name: null, near: writeNear({ at: null, profile: null }) };
  const ways = Object.entries(orders).map(([name, value]) => el('button.small', { type: 'button',
    onclick: () => { if (Boolean(readNear(place().near)) !== Boolean(value)) go({ near: value }); } }, t(`near.order.${name}`)));
  const byName = el('label.wide', {}, el('span', {}, t('search')), search);
  const browse = el('div.panel-part', {},
    el('div.views', { role: 'group', 'aria-label': t('near.order') }, ways),
    el('form.filters', { role: 'search', onsubmit: (event) => event.preventDefault() }, byName, ...filterFields(desk)),
    near.node, list);
  panel.append(card, browse);

  function change(changes) {
    Object.assign(wanted, changes);
    load();
  }

  function load() {
    list.replaceChildren(loading());
    run(() => request(`/v1/accounts?${filter}`, { query: { ...wanted, limit: PAGE } }), show);
  }

  function show(page, problem) {
    if (problem) list.replaceChildren(problemCard(problem, load));
    else if (!page.items.length) list.replaceChildren(empty(t('no_accounts'), t('no_accounts_hint')));
    else {
      const rows = el('ul.row-list', { 'aria-label': t('tab.prospects') });
      list.replaceChildren(rows);
      append(rows, page);
    }
  }

  function append(rows, page) {
    rows.append(...page.items.map((account) => el('li', {}, row(account, desk))));
    if (!page.next_cursor) return;
    const more = el('button', { type: 'button' }, t('show_more'));
    const item = el('li', {}, more);
    more.onclick = async () => {
      more.disabled = true;
      try {
        const next = await request(`/v1/accounts?${filter}`, { query: { ...wanted, limit: PAGE, cursor: page.next_cursor } });
        item.remove();
        append(rows, next);
      } catch (problem) {
        item.replaceChildren(problemCard(problem, () => { item.replaceChildren(more); more.disabled = false; }));
      }
    };
    rows.append(item);
  }

  /** By name, or the nearest to a place; the other list waits as it is. */
  function turn(asked) {
    ways.forEach((button, at) => button.setAttribute('aria-pressed', String(Boolean(at) === Boolean(asked))));
    near.node.hidden = !asked;
    byName.hidden = Boolean(asked);
    list.hidden = Boolean(asked);
    if (asked) near.arrive(asked, filter);
    else near.leave();
  }

  load();
  let shown = null;
  return {
    arrive(where) {
      const { account } = where;
      if (view(where).filter !== filter) {
        ({ filter } = view(where));
        load();
      }
      turn(readNear(where.near));
      if (account === shown) return;
      shown = account;
      card.hidden = !account;
      browse.hidden = Boolean(account);
      if (account) accountCard(card, account, desk);
      else desk.map.see({ selectedPoint: null, overlay: near.overlay() });
    },
    leave() { desk.map.see({ selectedPoint: null, overlay: null }); },
  };
}

function row(account, desk) {
  const color = Object.fromEntries(stageColors(desk.info.legend))[account.life_stage];
  const territory = desk.territories.find((one) => one.id === account.territory_id);
  const about = [categoryName(account.category), account.address].filter(Boolean).join(' · ');
  return el('button.row', { type: 'button', onclick: () => go({ account: account.id }) },
    swatch(color),
    el('span.main', {}, el('strong', {}, account.name), el('span.quiet.little', {}, about || t(`stage.${account.life_stage}`))),
    el('span.end.quiet.little', {}, territory?.name ?? ''));
}

/** A category in words: the dictionary's, else the stored one with its underscores opened. */
export function categoryName(category) {
  return category ? known(`category.${category}`) ?? category.replaceAll('_', ' ') : '';
}
