// Tells the app whether the screen is a phone's: figures are laid out for one or the other.
// Nothing is drawn; the app runs again only when the answer changes.
export default function ({ data, setStateValue }) {
  const query = window.matchMedia(`(max-width: ${data.width}px)`);
  const tell = () => setStateValue("narrow", query.matches);
  if (query.matches !== data.guess) tell();
  query.addEventListener("change", tell);
  return () => query.removeEventListener("change", tell);
}
