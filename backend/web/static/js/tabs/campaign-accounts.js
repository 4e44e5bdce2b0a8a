/** A campaign's accounts: all or those still open, chosen one by one, and what can be done to them. */

import { request } from '../api.js';
import { el, select } from '../dom.js';
import { number, shortDay, t } from '../i18n.js';
import { latest, loading, problemCard } from '../parts.js';
import { go } from '../place.js';
import { bulkActions } from './bulk-actions.js';
import { categoryName } from './prospects.js';

const PAGE = 100; // as many as one day's visits
const KINDS = ['visit', 'add_tags', 'leave_campaign'];

/** Returns { node, narrow(territoryId), places(), update(found) }. */
export function campaignAccounts(desk, campaign, on) {
  const run = latest();
  const wanted = { is_open: true, territory_id: '' };
  const list = el('div', { 'aria-live': 'polite' });
  const told = el('p.little.quiet', { role: 'status' });
  const picked = new Set();
  let rows = [];
  let found = campaign;
  const territory = el('select', { name: 'campaign_territory', onchange: () => change({ territory_id: territory.value }) });
  const actions = bulkActions(desk, {
    title: t('campaign.chosen_title'), kinds: KINDS.filter((kind) => kind !== 'leave_campaign' || found.state !== 'ended'),
    meant: () => ({ account_ids: [...picked] }), values: { campaign_id: campaign.id },
    changed: () => { load(); on.changed(); doing.scrollIntoView({ block: 'nearest' }); },
  });
  const doing = el('div.doing', { hidden: true }, told, actions);
  const node = el('section.campaign-accounts', {}, el('h3', {}, t('campaign.accounts')),
    el('div.filters', {},
      select('campaign_open', t('campaign.which_accounts'), [['true', t('campaign.only_open')], ['', t('campaign.all_accounts')]], 'true', (value) => change({ is_open: value === 'true' })),
      el('label', {}, el('span', {}, t('territory')), territory)),
    doing, list);
  fillTerritories();
  load();

  function fillTerritories() {
    const some = found.shares.filter((one) => one.territory_id);
    territory.replaceChildren(el('option', { value: '' }, t('every_territory')),
      ...some.map((one) => el('option', { value: one.territory_id }, one.territory_name)));
    territory.value = wanted.territory_id;
  }

  function change(changes) {
    Object.assign(wanted, changes);
    territory.value = wanted.territory_id;
    load();
  }

  function query(cursor) {
    return { ...wanted, limit: PAGE, cursor };
  }

  function load() {
    picked.clear();
    tell();
    list.replaceChildren(loading());
    run(() => request(`/v1/campaigns/${campaign.id}/accounts`, { query: query() }), (page, problem) => {
      if (problem) {
        list.replaceChildren(problemCard(problem, load));
        return;
      }
      rows = [];
      if (!page.items.length) {
        list.replaceChildren(el('p.quiet', {}, t(wanted.is_open ? 'campaign.none_open' : 'campaign.no_accounts')));
        return;
      }
      const every = el('input', { type: 'checkbox', name: 'every_account', onchange: () => {
        for (const box of list.querySelectorAll('input[name=account]')) if (box.checked !== every.checked) box.click();
      } });
      const items = el('ul.row-list.picks', { 'aria-label': t('campaign.accounts') });
      list.replaceChildren(desk.user.role === 'analyst' ? '' : el('label.check', {}, every, el('span', {}, t('campaign.choose_all'))), items);
      append(items, page);
    });
  }

  function append(items, page) {
    rows.push(...page.items);
    items.append(...page.items.map((one) => el('li', {}, pick(one), row(one))));
    if (!page.next_cursor) return;
    const more = el('button', { type: 'button', onclick: async () => {
      more.disabled = true;
      try {
        const next = await request(`/v1/campaigns/${campaign.id}/accounts`, { query: query(page.next_cursor) });
        last.remove();
        append(items, next);
      } catch (problem) {
        last.replaceChildren(problemCard(problem, load));
      }
    } }, t('show_more'));
    const last = el('li', {}, more);
    items.append(last);
  }

  function pick(one) {
    if (desk.user.role === 'analyst') return null;
    const box = el('input', { type: 'checkbox', name: 'account', 'aria-label': t('campaign.choose', { name: one.name }), onchange: () => {
      picked[box.checked ? 'add' : 'delete'](one.id);
      tell();
    } });
    return box;
  }

  function tell() {
    told.textContent = picked.size ? t('campaign.chosen', { count: number(picked.size) }) : '';
    // What was just done there is still told, and can be undone.
    doing.hidden = !picked.size && !doing.querySelector('.bulk .card');
    for (const button of doing.querySelectorAll('.bulk > .actions button')) button.disabled = !picked.size;
  }

  return {
    node,
    narrow(id) {
      change({ territory_id: id ?? '' });
      node.scrollIntoView({ block: 'start' });
      territory.focus({ preventScroll: true });
    },
    places: () => rows.map((one) => one.location).filter(Boolean),
    update(next) {
      found = next;
      fillTerritories();
    },
  };
}

function row(one) {
  const about = [categoryName(one.category), one.address].filter(Boolean).join(' · ');
  return el('button.row', { type: 'button', onclick: () => go({ tab: 'prospects', account: one.id }) },
    el('span.main', {}, el('strong', {}, one.name), about ? el('span.quiet.little', {}, about) : null,
      el('span.little', {}, stateWords(one).map((badge) => [badge, ' ']))));
}

function stateWords(one) {
  return [
    one.visited_on ? el('span.badge.good', {}, t('campaign.visited_on', { day: shortDay(one.visited_on) })) : null,
    one.bought_on ? el('span.badge.good', {}, t('campaign.bought_on', { day: shortDay(one.bought_on) })) : null,
    one.planned_on ? el('span.badge.blue', {}, t('campaign.planned_on', { day: shortDay(one.planned_on) })) : null,
    one.is_open && !one.planned_on ? el('span.badge.warn', {}, t('campaign.untouched')) : null,
  ].filter(Boolean);
}
