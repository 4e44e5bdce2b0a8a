/** What Huff's shares say: who draws most, how clearly, where a store has half, and what planned stores take from whom. */

/** From half of a hexagon's demand on its first is clear, from three quarters on very much so. */
export const CLEAR = [0.5, 0.75];
/** Where the classes of one store's own share begin. */
export const OWN_STEPS = [0, 0.1, 0.25, 0.5, 0.75];
const HALF = 0.5;

/** The store that draws most of a hexagon: {at, share}. */
export function leader({ shares }) {
  const share = Math.max(...shares);
  return { at: shares.indexOf(share), share };
}

/** How many of some limits a share reaches. */
export const stepOf = (share, limits) => limits.filter((one) => share >= one).length;

/** How many hexagons each store draws most of. */
export function led(cells, count) {
  const found = new Array(count).fill(0);
  for (const cell of cells) found[leader(cell).at] += 1;
  return found;
}

/** A store's primary area, where it draws half or more: {cells, demand, share} with the share of all that it draws. */
export function primaryArea(cells, at) {
  const found = { cells: 0, demand: 0, share: 0 };
  let drawn = 0;
  for (const { shares, demand } of cells) {
    const own = shares[at] * demand;
    drawn += own;
    if (shares[at] < HALF) continue;
    found.cells += 1;
    found.demand += own;
  }
  found.share = drawn ? found.demand / drawn : 0;
  return found;
}

/**
 * What planned stores take: {taken, lost: by store, fresh}. Without them the others share as they do now among themselves,
 * for that is what the model says; `fresh` is what no other store has in reach.
 */
export function taken(cells, isPlanned) {
  const lost = isPlanned.map(() => 0);
  let total = 0;
  let fresh = 0;
  for (const { shares, demand } of cells) {
    const planned = shares.reduce((sum, one, at) => sum + (isPlanned[at] ? one : 0), 0);
    const others = shares.reduce((sum, one, at) => sum + (isPlanned[at] ? 0 : one), 0);
    total += planned * demand;
    if (others <= 0) {
      fresh += planned * demand;
      continue;
    }
    shares.forEach((one, at) => { if (!isPlanned[at]) lost[at] += (one / others - one) * demand; });
  }
  return { taken: total, lost, fresh };
}
