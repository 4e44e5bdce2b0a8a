/** The form of filters that map, list and areas share. */

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
  const more = ['category', 'channel', 'priority', 'tag', 'is_overdue', 'is_never_visited'];
  return [
    select('life_stage', t('life_stage'), stages, now.life_stage ?? '', (value) => choose({ life_stage: value })),
    withTerritory ? select('territory_id', t('territory'), territories, now.territory_id ?? '', (value) => choose({ territory_id: value })) : null,
    el('details.fold.wide', { open: more.some((name) => now[name]) }, el('summary', {}, t('filter.more')),
      el('div.filters', {},
        text('category', t('category')), text('channel', t('area.channel')),
        select('priority', t('area.priority'), [['', t('filter.every_priority')], ...PRIORITIES.map((one) => [one, one])], now.priority ?? '', (value) => choose({ priority: value })),
        text('tag', t('filter.tag')), flag('is_overdue'), flag('is_never_visited'))),
  ].filter(Boolean);
}
