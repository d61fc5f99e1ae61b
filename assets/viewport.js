// Tells the app whether the screen is a phone's: figures are laid out for one or the other. There
// the sidebar covers the picture, so following a link of the navigation closes it.
// Nothing is drawn; the app runs again only when the answer changes.
export default function ({ data, setStateValue }) {
  const query = window.matchMedia(`(max-width: ${data.width}px)`);
  const tell = () => setStateValue("narrow", query.matches);
  const close = (event) => {
    if (!query.matches || !event.target.closest(".st-key-navigation a")) return;
    document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
  };
  if (query.matches !== data.guess) tell();
  query.addEventListener("change", tell);
  document.addEventListener("click", close);
  return () => {
    query.removeEventListener("change", tell);
    document.removeEventListener("click", close);
  };
}
