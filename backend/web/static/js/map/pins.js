/** Doubtful pins on the map: where they are, where they belong, and what speaks for it. */

const CORNERS = 48;
const METRES_A_DEGREE = 111_195;

const point = (coordinates, properties) => ({ type: 'Feature', properties, geometry: { type: 'Point', coordinates } });

/** The features of the queue; of the chosen one with its evidence. */
export function pinFeatures(doubts, chosen) {
  const shown = chosen ? [chosen] : doubts;
  const features = shown.flatMap((one) => {
    const about = { is_chosen: Boolean(chosen) };
    const target = one.suggested ?? one.evidence.unit_location;
    return [
      target && { type: 'Feature', properties: { kind: 'pin-move', ...about }, geometry: { type: 'LineString', coordinates: [one.location, target] } },
      point(one.location, { kind: 'pin-old', ...about }),
      one.suggested && point(one.suggested, { kind: 'pin-new', ...about }),
    ].filter(Boolean);
  });
  if (!chosen) return features;
  const seen = (chosen.evidence.sightings ?? []).map((one) => point(one.location, { kind: 'place', is_ghost: !one.agrees }));
  const reach = chosen.suggested ? [circle(chosen.suggested, chosen.radius_m)] : [];
  return [...reach, ...features, ...seen];
}

function circle([lon, lat], radius) {
  const north = radius / METRES_A_DEGREE;
  const east = north / Math.cos((lat * Math.PI) / 180);
  const ring = Array.from({ length: CORNERS + 1 }, (_, at) => {
    const angle = (2 * Math.PI * (at % CORNERS)) / CORNERS;
    return [lon + east * Math.cos(angle), lat + north * Math.sin(angle)];
  });
  return { type: 'Feature', properties: { kind: 'area' }, geometry: { type: 'Polygon', coordinates: [ring] } };
}
