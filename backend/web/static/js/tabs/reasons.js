/** Why a visit was left out, and what would let it in, from the plan's own figures. */

import { distance, known, t } from '../i18n.js';

const minutes = (seconds) => Math.ceil(seconds / 60);

/** `{reason, detail, facts}` of a route in a sentence; `stops` name what it would push out. */
export function reasonOf({ reason, detail, facts = {} }, stops = []) {
  const words = known(`dropped.${reason}`) ?? detail ?? reason;
  const remedies = remediesIn(facts, stops);
  const price = facts.extra_travel_s !== undefined && facts.value_s !== undefined
    ? t('dropped_price', { minutes: minutes(facts.extra_travel_s), worth: minutes(facts.value_s) }) : null;
  const fits = remedies.length ? t('dropped_fits', { remedies: remedies.join(t('or')) }) : null;
  return [words, price, fits].filter(Boolean).join('. ');
}

function remediesIn(facts, stops) {
  const other = stops.find((stop) => stop.account_id === facts.pushes_out);
  return [
    ...['shift_later_s', 'shift_earlier_s', 'opens_earlier_s', 'closes_later_s', 'visited_earlier_s', 'visited_later_s', 'travel_more_s', 'missing_s']
      .filter((fact) => facts[fact] > 0)
      .map((fact) => t(`remedy.${fact}`, { minutes: minutes(facts[fact]) })),
    ...(facts.distance_more_m ? [t('remedy.distance_more_m', { distance: distance(facts.distance_more_m) })] : []),
    ...(other ? [t('remedy.pushes_out', { name: other.name })] : []),
  ];
}
