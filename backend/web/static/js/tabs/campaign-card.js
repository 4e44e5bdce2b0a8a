/** One campaign: what came of it beside the days before, by territory, and its accounts. */

import { request } from '../api.js';
import { el } from '../dom.js';
import { fileButtons } from '../files.js';
import { money, number, shortDays, t } from '../i18n.js';
import { showProblem } from '../parts.js';
import { choose, chosen } from '../view.js';
import { campaignAccounts } from './campaign-accounts.js';
import { campaignFields, described } from './campaign-fields.js';

const PERCENT = 100;
const BADGES = { planned: 'blue', running: 'good', ended: '' };

export function stateBadge({ state }) {
  return el(`span.badge${BADGES[state] && `.${BADGES[state]}`}`, {}, t(`campaign.state.${state}`));
}

/** `on`: {changed(), gone()}. Of `former`, the same campaign's card, the list of accounts is kept. */
export function campaignCard(desk, found, on, former = null) {
  const message = el('p.message', { role: 'alert', hidden: true });
  const accounts = former?.accounts ?? campaignAccounts(desk, found, on);
  const node = el('article.campaign', {},
    el('div.card-head', {}, el('h2', { tabIndex: -1 }, found.name), stateBadge(found)),
    el('p.little.quiet', {}, shortDays(found.starts_on, found.ends_on), found.ended_at ? ` · ${t('campaign.ended_early')}` : '', ` · ${found.created_by_name}`),
    found.purpose ? el('blockquote', {}, found.purpose) : null,
    figures(found),
    shares(found, (id) => accounts.narrow(id)),
    buttons(),
    message,
    accounts.node);
  node.accounts = accounts;
  if (former) accounts.update(found);
  return node;

  function buttons() {
    const isShown = chosen().campaign_id === found.id;
    const show = el('button.small', { type: 'button', 'aria-pressed': String(isShown), onclick: () => {
      const isOn = chosen().campaign_id !== found.id;
      choose({ campaign_id: isOn ? found.id : null });
      show.setAttribute('aria-pressed', String(isOn));
      show.textContent = t(isOn ? 'campaign.unshow' : 'campaign.show');
      if (isOn) desk.map.fit(accounts.places());
    } }, t(isShown ? 'campaign.unshow' : 'campaign.show'));
    const csv = fileButtons([{ label: t('campaign.download'), path: `/v1/campaigns/${found.id}/accounts.csv`, name: `${found.name}.csv` }]);
    return el('div.actions', {}, show, csv, desk.isPlanner ? [
      el('button.small', { type: 'button', onclick: () => edit() }, t('campaign.edit')),
      found.state === 'ended' ? null : act('campaign.end', () => request(`/v1/campaigns/${found.id}/end`, { method: 'POST' }), on.changed),
      found.counts.accounts ? null : act('campaign.delete', () => request(`/v1/campaigns/${found.id}`, { method: 'DELETE' }), on.gone),
    ] : null);
  }

  /** A button that asks whether it is meant, for what cannot be undone. */
  function act(key, work, then) {
    const button = el('button.small', { type: 'button', onclick: async () => {
      if (!confirm(t(`${key}.sure`, { name: found.name }))) return;
      button.disabled = true;
      try {
        await work();
        then();
      } catch (problem) {
        showProblem(message, problem);
        button.disabled = false;
      }
    } }, t(key));
    return button;
  }

  function edit() {
    const wrong = el('p.message', { role: 'alert', hidden: true });
    const save = el('button.primary', { type: 'submit' }, t('save'));
    const form = el('form', { onsubmit: async (event) => {
      event.preventDefault();
      save.disabled = true;
      try {
        await request(`/v1/campaigns/${found.id}`, { method: 'PATCH', body: described(form.elements), version: found.rv });
        dialog.close();
        on.changed();
      } catch (problem) {
        showProblem(wrong, problem);
        save.disabled = false;
      }
    } },
    el('h2', {}, t('campaign.edit')), campaignFields(found, { hasDays: !found.ended_at }), wrong,
    el('div.actions', {}, save, el('button', { type: 'button', onclick: () => dialog.close() }, t('cancel'))));
    const dialog = el('dialog.card', { 'aria-label': t('campaign.edit'), onclose: () => dialog.remove() }, form);
    document.body.append(dialog);
    dialog.showModal();
  }
}

function figures({ counts, since, before, currency }) {
  const of = (part) => t('campaign.of', { part: number(part), whole: number(counts.accounts) });
  const rows = [
    ['visited', of(counts.visited), since && number(before.visited)],
    ['bought', of(counts.bought), since && number(before.bought)],
    ['revenue', since ? money(since.revenue, currency) : '–', since && money(before.revenue, currency)],
  ];
  return el('div', {},
    el('progress', { max: Math.max(counts.accounts, 1), value: counts.accounts - counts.open, 'aria-label': t('campaign.progress') }),
    el('p.number', {}, el('strong', {}, t('campaign.open_of', { open: number(counts.open), accounts: number(counts.accounts) }))),
    since ? null : el('p.little.quiet', {}, t('campaign.not_begun')),
    el('table.compare.number', {},
      el('caption.little.quiet', {}, since ? t('campaign.compared', { since: shortDays(since.from_date, since.to_date), before: shortDays(before.from_date, before.to_date) }) : ''),
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, t('campaign.figure')), el('th', { scope: 'col' }, t('campaign.since')), el('th', { scope: 'col' }, t('campaign.before')))),
      el('tbody', {}, rows.map(([key, now, then]) => el('tr', {}, el('th', { scope: 'row' }, t(`campaign.${key}`)), el('td', {}, now), el('td', {}, then ?? '–'))))));
}

/** How far each territory is; a click narrows the accounts below to it. */
function shares({ shares: all }, narrow) {
  if (!all.length) return null;
  return el('section', {}, el('h3', {}, t('campaign.by_territory')),
    el('ul.row-list', { 'aria-label': t('campaign.by_territory') }, all.map((one) => {
      const words = el('span.main', {},
        el('strong', {}, one.territory_name ?? t('campaign.no_territory')),
        el('span.quiet.little', {}, one.rep_name ?? t('campaign.nobody')),
        strip(one.visited, one.accounts));
      const end = el('span.end.number.little', {}, t('campaign.visited_of', { visited: number(one.visited), accounts: number(one.accounts) }));
      return el('li', {}, el('button.row', { type: 'button', disabled: !one.territory_id, title: t('campaign.narrow'), onclick: () => narrow(one.territory_id) },
        words, end));
    })));
}

/** How much of a whole; the words beside it say it, too. */
export function strip(part, whole) {
  const filled = el('span.strip', { hidden: !part });
  filled.style.width = `${whole ? (PERCENT * part) / whole : 0}%`;
  return el('span.track', { 'aria-hidden': 'true' }, filled);
}
