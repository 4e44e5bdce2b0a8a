/** Drifts between plans and days, in words with their figures. */

import { el } from '../dom.js';
import { number, t } from '../i18n.js';

const PERCENT = 100;

/** The cards of the alarms, none where there is no drift. */
export function alarmList(items) {
  if (!items.length) return [];
  return [el('details.fold.card', { open: items.length < 4 },
    el('summary', {}, t('alarms_count', { count: number(items.length) })),
    el('ul.dropped', {}, items.map((one) => el('li', {},
      el('strong', {}, one.rep_name ?? t('alarm.hour', { from: one.hour, to: one.hour + 1 })),
      el('span', {}, words(one)),
      el('span.little.quiet', {}, t('alarm.seen', { count: number(one.observations) }))))))];
}

function words(alarm) {
  const isShare = alarm.kind === 'plan_kept_less';
  const tell = (value) => (isShare ? `${number(value * PERCENT)} %` : number(value, 2));
  return t(`alarm.${alarm.kind}`, { figure: tell(alarm.figure), expected: tell(alarm.expected) });
}
