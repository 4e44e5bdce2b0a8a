/** What trade areas are asked of, as the page keeps it: in the address. */

import { t } from '../i18n.js';
import { PROFILES } from './reach.js';

export const MOST_STORES = 20;
export const MOST_KM = 50;
const LONGEST_NAME = 200;
const MOST_WEIGHT = 1e9;
const DECAYS = [0.1, 10];
const USUAL = { stores: [], layer: null, measure: null, decay: 2, km: 5, profile: null, by: null };

const isText = (value) => typeof value === 'string';
const isWithin = (value, low, high) => typeof value === 'number' && value >= low && value <= high;
const isPlace = (at) => Array.isArray(at) && at.length === 2 && isWithin(at[0], -180, 180) && isWithin(at[1], -90, 90);

/** A store of the page: an account's or a place; `isPlanned` where it does not stand yet. */
export const makeStore = ({ account = null, at = null, name = '', weight = 1, isPlanned = false }) => ({
  account, at: account ? null : at, name, weight, isPlanned: isPlanned && !account,
});

/** The question of an address; what it does not say, or says wrongly, is as usual. */
export function readTrade(text) {
  let told = {};
  try {
    told = JSON.parse(text ?? '{}') ?? {};
  } catch {
    return { ...USUAL };
  }
  const stores = (Array.isArray(told.stores) ? told.stores : []).filter((one) => isText(one?.account) || isPlace(one?.at)).slice(0, MOST_STORES)
    .map((one) => makeStore({
      account: isText(one.account) ? one.account : null, at: one.at, isPlanned: one.isPlanned === true,
      name: isText(one.name) ? one.name.slice(0, LONGEST_NAME) : '', weight: isWeight(one.weight) ? one.weight : 1,
    }));
  return {
    stores,
    layer: isText(told.layer) ? told.layer : null,
    measure: isText(told.measure) ? told.measure : null,
    decay: isWithin(told.decay, ...DECAYS) ? told.decay : USUAL.decay,
    km: isKm(told.km) ? told.km : USUAL.km,
    profile: PROFILES.includes(told.profile) ? told.profile : null,
    by: Number.isInteger(told.by) && told.by >= 0 && told.by < stores.length ? told.by : null,
  };
}

export const isWeight = (value) => isWithin(value, Number.MIN_VALUE, MOST_WEIGHT);
export const isKm = (value) => isWithin(value, Number.MIN_VALUE, MOST_KM);

/** The address's text: only what is not as usual; null where there is nothing to keep. */
export function writeTrade(state) {
  const lean = { ...state, stores: state.stores.map(({ account, at, name, weight, isPlanned }) => ({
    ...(account ? { account } : { at: at.map((one) => Number(one.toFixed(6))) }),
    ...(name && { name }), ...(weight !== 1 && { weight }), ...(isPlanned && { isPlanned }),
  })) };
  const told = Object.fromEntries(Object.entries(lean).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(USUAL[key])));
  return Object.keys(told).length ? JSON.stringify(told) : null;
}

/** What the service is asked. */
export const asQuestion = (state) => ({
  stores: state.stores.map((one, index) => ({
    ...(one.account ? { account_id: one.account } : { location: one.at }),
    name: one.name || (one.account ? '' : placeName(one, index)), attractiveness: one.weight,
  })),
  layer_id: state.layer, measure: state.measure, decay: state.decay, within_km: state.km, profile: state.profile,
});

/** What a place is called until somebody names it. */
export const placeName = (one, index) => t(one.isPlanned ? 'trade.planned_name' : 'trade.place_name', { number: index + 1 });
