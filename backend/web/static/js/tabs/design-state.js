/** How far a design is, in a word. */

import { el } from '../dom.js';
import { t } from '../i18n.js';

const UNDER_WAY = ['queued', 'running'];
const BADGES = { done: 'good', failed: 'bad', cancelled: '', queued: 'blue', running: 'blue' };

export const isUnderWay = (design) => UNDER_WAY.includes(design.status);

/** How far a design is: made, proposed, approved, published. */
export function stateBadge(design) {
  const { publication } = design;
  if (publication && publication !== 'draft') {
    const look = { applied: 'good', scheduled: 'blue' }[publication];
    return el(`span.badge${look ? `.${look}` : ''}`, {}, t(`design.publication.${publication}`));
  }
  if (design.approved_at) return el('span.badge.good', {}, t('design.approved'));
  if (design.proposed_at) return el('span.badge.warn', {}, t('design.proposed'));
  const look = BADGES[design.status];
  return el(`span.badge${look ? `.${look}` : ''}`, {}, t(`design.status.${design.status}`));
}
