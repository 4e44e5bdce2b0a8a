/** From an account to its trade area: it becomes one of the stores. */

import { el } from '../dom.js';
import { t } from '../i18n.js';
import { go, place } from '../place.js';
import { readState, writeState } from './analysis-state.js';
import { makeStore, readTrade, writeTrade } from './trade-state.js';

/** A button for an account with a place; the stores that were there already stay. */
export function tradeLink({ id, location }) {
  if (!location) return null;
  return el('div.actions', {}, el('button.small', { type: 'button', onclick: () => {
    const where = place();
    const state = readTrade(where.trade);
    const stores = state.stores.some((one) => one.account === id) ? state.stores : [...state.stores, makeStore({ account: id })];
    go({ tab: 'analysis', account: null, cube: writeState({ ...readState(where.cube), view: 'trade_areas' }), trade: writeTrade({ ...state, stores }) });
  } }, t('trade.title')));
}
