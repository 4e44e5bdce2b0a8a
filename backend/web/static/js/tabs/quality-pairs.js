/** Pairs of accounts that may be one place: both beside each other, on the map, merged or kept apart. */

import { request } from '../api.js';
import { el } from '../dom.js';
import { distance, t } from '../i18n.js';
import { loading, problemCard, showProblem } from '../parts.js';

const PAGE = 20;

/** `on`: {changed()} when accounts became one. */
export function pairsFold(desk, on) {
  const body = el('div.panel-part');
  const node = el('details.fold.card.quality', { ontoggle: () => { if (node.open) load(); } }, el('summary', {}, t('quality.pairs')), body);

  async function load() {
    body.replaceChildren(loading());
    try {
      const { items } = await request('/v1/accounts/duplicates', { query: { limit: PAGE } });
      body.replaceChildren(items.length ? el('ul.row-list', { 'aria-label': t('quality.pairs') }, items.map((one) => el('li', {}, pairCard(one)))) : el('p.quiet', {}, t('quality.no_pairs')));
    } catch (problem) {
      body.replaceChildren(problemCard(problem, load));
    }
  }

  function pairCard(pair) {
    const { account, other } = pair;
    const message = el('p.message', { role: 'alert', hidden: true });
    const apart = pair.distance_m === null ? '' : ` · ${t('quality.pair.apart', { distance: distance(pair.distance_m) })}`;
    const act = async (path, options, isMerge) => {
      try {
        await request(path, { method: 'POST', ...options });
        if (isMerge) on.changed();
        desk.map.see({ overlay: null });
        load();
      } catch (problem) {
        showProblem(message, problem);
      }
    };
    const merge = (loser, winner) => el('button.small', { type: 'button', onclick: () => {
      if (confirm(t('quality.pair.sure', { loser: loser.name, winner: winner.name }))) act(`/v1/accounts/${loser.id}/merge`, { body: { into: winner.id } }, true);
    } }, t('quality.pair.merge', { name: winner.name }));
    return el('article.card.pair', {},
      el('p.little', {}, el('strong', {}, t(`quality.pair.${pair.reason}`)), apart),
      el('div.pair-halves', {}, half(other, t('quality.pair.older')), half(account, t('quality.pair.newer'))),
      el('div.actions', {},
        el('button.small', { type: 'button', disabled: !account.location && !other.location, onclick: () => show(pair) }, t('quality.pair.show')),
        el('button.small', { type: 'button', onclick: () => act(`/v1/accounts/duplicates/${account.id}/${other.id}/distinct`) }, t('quality.pair.distinct')),
        merge(account, other)),
      message);
  }

  function show({ account, other }) {
    const features = [other, account].filter((one) => one.location).map((one, at) => ({
      type: 'Feature', properties: { kind: at ? 'pin-old' : 'pin-new', is_chosen: true }, geometry: { type: 'Point', coordinates: one.location },
    }));
    desk.map.see({ overlay: { type: 'FeatureCollection', features } });
    desk.map.fit(features.map((one) => one.geometry.coordinates));
  }

  return { node, reload: () => { if (node.open) load(); } };
}

const half = (account, which) => el('div', {}, el('strong', {}, account.name), el('p.quiet.little', {}, which),
  ...[account.address, account.phone, account.category && account.category.replaceAll('_', ' ')].filter(Boolean).map((text) => el('p.little', {}, text)));
