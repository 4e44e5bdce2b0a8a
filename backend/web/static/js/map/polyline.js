/** Decode an encoded polyline of precision 6 into [longitude, latitude] pairs. */
export function decodePolyline(text) {
  const line = [];
  let index = 0;
  let lat = 0;
  let lon = 0;
  const next = () => {
    let value = 0;
    let shift = 0;
    let byte;
    do {
      byte = text.charCodeAt(index) - 63;
      index += 1;
      value += (byte & 31) * 2 ** shift;
      shift += 5;
    } while (byte >= 32);
    return value % 2 ? -(value + 1) / 2 : value / 2;
  };
  while (index < text.length) {
    lat += next();
    lon += next();
    line.push([lon / 1e6, lat / 1e6]);
  }
  return line;
/** Encoded polylines of precision 6, as the service sends lines. */

const SCALE = 1e6;

/** The positions of a line, [longitude, latitude] each; none for none. */
export function decodeLine(text) {
  const points = [];
  let at = 0;
  let lat = 0;
  let lon = 0;
  const step = () => {
    let value = 0;
    let shift = 0;
    let chunk;
    do {
      chunk = text.charCodeAt(at) - 63;
      at += 1;
      value |= (chunk & 31) << shift;
      shift += 5;
    } while (chunk >= 32);
    return value & 1 ? ~(value >> 1) : value >> 1;
  };
  while (at < (text ?? '').length) {
    lat += step();
    lon += step();
    points.push([lon / SCALE, lat / SCALE]);
  }
  return points;
}
