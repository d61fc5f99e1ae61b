// Tells the app whether the screen is a phone's: figures are laid out for one or the other. There
// the sidebar covers the picture, so following a link of the navigation closes it.
// A letter pressed on a slider or a radio button goes to the page: Streamlit holds its shortcuts
// back from every input, yet these take no letters, and a hand that has just moved one stays there.
// A device that turns dark while the app is open has it run again: figures take their colours
// from the run. Nothing is drawn; the app runs again only when an answer changes.
const TAKES_NO_LETTERS = 'input[type="range"], input[type="radio"], input[type="checkbox"]';

function passOn(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !/^[a-z]$/i.test(event.key)) return;
  if (!event.isTrusted || !event.target.matches?.(TAKES_NO_LETTERS)) return;
  event.stopPropagation();
  const { key, code, keyCode, shiftKey } = event;
  const options = { key, code, keyCode, which: keyCode, shiftKey, bubbles: true, cancelable: true };
  document.body.dispatchEvent(new KeyboardEvent(event.type, options));
}

export default function ({ data, setStateValue }) {
  const query = window.matchMedia(`(max-width: ${data.width}px)`);
  const scheme = window.matchMedia("(prefers-color-scheme: dark)");
  const tell = () => setStateValue("narrow", query.matches);
  // A moment later: Streamlit has to have changed its own theme before it is asked.
  const turn = () => setTimeout(() => setStateValue("dark", scheme.matches), 100);
  const close = (event) => {
    if (!query.matches || !event.target.closest(".st-key-navigation a")) return;
    document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
  };
  if (query.matches !== data.guess) tell();
  query.addEventListener("change", tell);
  scheme.addEventListener("change", turn);
  document.addEventListener("click", close);
  for (const type of ["keydown", "keyup"]) document.addEventListener(type, passOn, true);
  return () => {
    query.removeEventListener("change", tell);
    scheme.removeEventListener("change", turn);
    document.removeEventListener("click", close);
    for (const type of ["keydown", "keyup"]) document.removeEventListener(type, passOn, true);
  };
}
