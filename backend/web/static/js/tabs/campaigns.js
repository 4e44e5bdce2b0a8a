/** Campaigns: a fold with the list of them, and the one that the address names. */

import { request } from '../api.js';
import { el } from '../dom.js';
import { number, shortDays, t } from '../i18n.js';
import { empty, latest, loading, problemCard } from '../parts.js';
import { go, place } from '../place.js';
import { campaignCard, stateBadge, strip } from './campaign-card.js';

const PAGE = 20;

/** Returns { node, arrive(where), changed() }; `on.changed()` is called when accounts were changed. */
export function campaignsFold(desk, on) {
  const run = latest();
  const body = el('div.panel-part');
  const node = el('details.card.fold.campaigns', { ontoggle: () => { if (node.open && shown === undefined) load(); } },
    el('summary', {}, t('campaign.title')), body);
  let shown;

  function load() {
    shown = place().campaign;
    body.replaceChildren(loading());
    if (shown) open(shown);
    else list();
  }

  function list() {
    run(() => request('/v1/campaigns', { query: { limit: PAGE } }), (page, problem) => {
      if (problem) body.replaceChildren(problemCard(problem, load));
      else if (!page.items.length) body.replaceChildren(empty(t('campaign.none'), desk.isPlanner ? t('campaign.none_hint') : null));
      else {
        const rows = el('ul.row-list', { 'aria-label': t('campaign.title') });
        body.replaceChildren(rows);
        append(rows, page);
      }
    });
  }

  function append(rows, page) {
    rows.append(...page.items.map((one) => el('li', {}, row(one))));
    if (!page.next_cursor) return;
    const more = el('button', { type: 'button', onclick: async () => {
      more.disabled = true;
      try {
        const next = await request('/v1/campaigns', { query: { limit: PAGE, cursor: page.next_cursor } });
        item.remove();
        append(rows, next);
      } catch (problem) {
        item.replaceChildren(problemCard(problem, load));
      }
    } }, t('show_more'));
    const item = el('li', {}, more);
    rows.append(item);
  }

  function open(id, { isQuiet = false } = {}) {
    run(() => request(`/v1/campaigns/${id}`), (found, problem) => {
      const back = el('button.plain', { type: 'button', onclick: () => go({ campaign: null }) }, t('campaign.back'));
      if (problem) {
        body.replaceChildren(back, problemCard(problem, load));
        return;
      }
      const card = campaignCard(desk, found, {
        changed: () => { on.changed(); open(id, { isQuiet: true }); },
        gone: () => go({ campaign: null }),
      }, isQuiet ? body.querySelector('.campaign') : null);
      body.replaceChildren(back, card);
      if (!isQuiet) card.querySelector('h2').focus();
    });
  }

  return {
    node,
    /** Show what the address names; a campaign that was just started is one. */
    arrive(where) {
      if (where.campaign === (shown ?? null)) return;
      if (where.campaign || shown !== undefined) {
        node.open = true;
        load();
      }
    },
    changed() { if (shown !== undefined) load(); },
  };
}

function row(one) {
  const { accounts, visited } = one.counts;
  return el('button.row', { type: 'button', onclick: () => go({ campaign: one.id }) },
    el('span.main', {},
      el('strong', {}, one.name),
      el('span.quiet.little', {}, shortDays(one.starts_on, one.ends_on)),
      strip(visited, accounts),
      el('span.quiet.little.number', {}, t('campaign.visited_of', { visited: number(visited), accounts: number(accounts) }))),
    el('span.end', {}, stateBadge(one)));
}
