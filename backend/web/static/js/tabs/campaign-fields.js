/** What a campaign is told by: its fields in a form, and what they ask of the service. */

import { request } from '../api.js';
import { el, input } from '../dom.js';
import { daysBefore, t } from '../i18n.js';

const USUAL_DAYS = 28;

/** Name, what for, first and last day. */
export function campaignFields({ name = '', purpose = '', starts_on, ends_on }, { hasDays = true } = {}) {
  return [
    input('name', t('campaign.name'), { value: name, required: true, maxLength: 200, autocomplete: 'off' }),
    el('label', {}, el('span', {}, t('campaign.purpose')),
      el('textarea', { name: 'purpose', rows: 3, maxLength: 10000, value: purpose, placeholder: t('campaign.purpose_hint') })),
    hasDays ? el('div.filters', {},
      input('starts_on', t('campaign.starts_on'), { type: 'date', value: starts_on, required: true }),
      input('ends_on', t('campaign.ends_on'), { type: 'date', value: ends_on, required: true })) : null,
  ];
}

export function described({ name, purpose, starts_on, ends_on }) {
  const told = { name: name.value.trim(), purpose: purpose.value.trim() };
  return starts_on ? { ...told, starts_on: starts_on.value, ends_on: ends_on.value } : told;
}

/** Fields to choose a campaign that takes accounts, or to describe a new one. */
export function joinFields(desk) {
  const starts_on = desk.info.today;
  const fresh = el('fieldset.campaign-new.wide', {}, el('legend', {}, t('campaign.new')),
    campaignFields({ starts_on, ends_on: daysBefore(starts_on, -(USUAL_DAYS - 1)) }));
  const choice = el('select', { name: 'campaign_id', onchange: () => {
    fresh.hidden = Boolean(choice.value);
    fresh.disabled = Boolean(choice.value);
  } }, el('option', { value: '' }, t('campaign.new_one')));
  request('/v1/campaigns', { query: { limit: 100 } }).then(({ items }) => {
    choice.append(...items.filter((one) => one.state !== 'ended').map((one) => el('option', { value: one.id }, one.name)));
  }).catch(() => {}); // a new one can be started all the same
  return [el('label.wide', {}, el('span', {}, t('campaign.which')), choice), fresh];
}

export function joined(fields) {
  return fields.campaign_id.value ? { campaign_id: fields.campaign_id.value } : { campaign: described(fields) };
}
