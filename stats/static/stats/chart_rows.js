/** The row in which a place on the x axis lies, null before the first one. */
export function rowAt(places, x) {
  const after = places.findIndex((place) => place > x);
  const row = (after < 0 ? places.length : after) - 1;
  return row < 0 ? null : row;
}
