/** The form of filters that map, list and areas share. */

import { request } from './api.js';
import { el, input, select } from './dom.js';
import { t } from './i18n.js';
import { choose, chosen } from './view.js';

const PRIORITIES = ['1', '2', '3', '4', '5'];

/** Fields of the filters; each change moves the page, which then asks anew. */
export function filterFields(desk, { withTerritory = true } = {}) {
  const now = chosen();
  const stages = [['', t('every_stage')], ...desk.info.legend.map((item) => [item.life_stage, t(`stage.${item.life_stage}`)])];
  const territories = [['', t('every_territory')], ...desk.territories.map((one) => [one.id, one.name])];
  const text = (name, label) => input(name, label, {
    value: now[name] ?? '', maxLength: 60, autocomplete: 'off', onchange: (event) => choose({ [name]: event.target.value.trim() }),
  });
  const flag = (name) => {
    const box = el('input', { type: 'checkbox', name, checked: now[name] === 'true', onchange: () => choose({ [name]: box.checked }) });
    return el('label.check', {}, box, el('span', {}, t(`filter.${name}`)));
  };
  const campaigns = campaignField(now.campaign_id, (value) => choose({ campaign_id: value }));
  const more = ['category', 'channel', 'priority', 'tag', 'campaign_id', 'is_overdue', 'is_never_visited'];
  return [
    select('life_stage', t('life_stage'), stages, now.life_stage ?? '', (value) => choose({ life_stage: value })),
    withTerritory ? select('territory_id', t('territory'), territories, now.territory_id ?? '', (value) => choose({ territory_id: value })) : null,
    el('details.fold.wide', { open: more.some((name) => now[name]), ontoggle: () => campaigns.load() }, el('summary', {}, t('filter.more')),
      el('div.filters', {},
        text('category', t('category')), text('channel', t('area.channel')),
        select('priority', t('area.priority'), [['', t('filter.every_priority')], ...PRIORITIES.map((one) => [one, one])], now.priority ?? '', (value) => choose({ priority: value })),
        text('tag', t('filter.tag')), campaigns.node, flag('is_overdue'), flag('is_never_visited'))),
  ].filter(Boolean);
}

/** Campaigns by name, asked for when somebody may choose one. */
export function campaignField(now, onchange) {
  const every = [['', t('filter.every_campaign')]];
  const node = select('campaign_id', t('campaign'), now ? [...every, [now, t('campaign')]] : every, now ?? '', onchange);
  const field = node.querySelector('select');
  let isLoaded = false;
  async function load() {
    if (isLoaded) return;
    isLoaded = true;
    const { items } = await request('/v1/campaigns', { query: { limit: 100 } }).catch(() => ({ items: [] }));
    for (const one of items) {
      const known = [...field.options].find((option) => option.value === one.id);
      if (known) known.textContent = one.name;
      else field.append(el('option', { value: one.id }, one.name));
    }
  }
  if (now) load();
  return { node, load };
}

/** Let the fields show what the page was moved to from elsewhere. */
export function showChosen(form) {
  const now = chosen();
  const field = form.querySelector('select[name=campaign_id]');
  const wanted = now.campaign_id ?? '';
  if (!field || field.value === wanted) return;
  if (![...field.options].some((option) => option.value === wanted)) field.append(el('option', { value: wanted }, t('campaign')));
  field.value = wanted;
  if (wanted) field.closest('details').open = true;
}
