// Tells the server which tab this is, so that a reload finds its tables again. The name is made up
// here, of random bits, once there is something to find; it stays in this tab's session storage.
const NAME = "pooling-tab", TITLE = "pooling-table";

function made() {
  const bits = crypto.getRandomValues(new Uint8Array(32));
  return Array.from(bits, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export default function ({ data, setStateValue }) {
  let store;
  try {
    store = window.sessionStorage;
    store.getItem(NAME);
  } catch {
    return; // a browser that keeps nothing
  }
  let token = store.getItem(NAME);
  const had = store.getItem(TITLE) || "";
  if (data.title) {
    if (!token) store.setItem(NAME, (token = made()));
    store.setItem(TITLE, data.title);
  } else if (data.known) {
    store.removeItem(TITLE);
  }
  if (token && !data.known) setStateValue("tab", { token, title: data.title ? "" : had });
}
