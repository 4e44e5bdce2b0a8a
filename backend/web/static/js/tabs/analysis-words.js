/** Names and figures of the cube in the person's language. */

import { known, number, t } from '../i18n.js';
import { categoryName } from './prospects.js';

const PERCENT = 100;
const PREFIX = { life_stage: 'stage', rfm_class: 'rfm' };

/** What a member of a dimension is called. */
export function memberName(dimension, key, label) {
  if (key === null) return t('area.none');
  if (dimension === 'territory' && key === 'elsewhere') return t('cube.elsewhere');
  if (dimension === 'category') return categoryName(key) || key;
  if (dimension === 'period') return String(key);
  return label ?? known(`${PREFIX[dimension] ?? dimension}.${key}`) ?? String(key);
}

export const dimensionName = ({ dimension, level, resolution }) => [t(`cube.dimension.${dimension}`),
  level === undefined || level === null ? null : dimension === 'admin_unit' ? unitLevel(level) : t('cube.level', { level: level + 1 }),
  dimension === 'h3' ? `r${resolution ?? 7}` : null].filter(Boolean).join(' · ');

/** What OpenStreetMap's levels are in the field: a province, a ward. */
const unitLevel = (level) => known(`cube.unit_level.${level}`) ?? t('cube.unit_level', { level });

/** A figure as a table shows it. */
export function figure(value, unit) {
  if (value === null || value === undefined) return '–';
  if (unit === 'share') return `${number(value * PERCENT, 1)} %`;
  return number(value, unit === 'quantity' ? 1 : 0);
}

/** How much more or less than what it is compared with; of shares in points. */
export function change(value, before, unit) {
  if (value === null || before === null || before === undefined) return null;
  const by = unit === 'share' ? (value - before) * PERCENT : before ? ((value - before) / Math.abs(before)) * PERCENT : null;
  if (by === null) return null;
  const rounded = Math.round(by * 10) / 10;
  const sign = rounded > 0 ? '+' : rounded < 0 ? '−' : '±';
  return `${sign}${number(Math.abs(rounded), 1)} ${unit === 'share' ? t('area.points') : '%'}`;
}
